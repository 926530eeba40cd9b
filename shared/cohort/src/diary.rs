//! What a person leaves in the app's table, day by day: entries as drafts, before they get keys.

use jiff::{SignedDuration, Timestamp, civil::Date, civil::Time};
use mindmate_domain::app::{Author, DiaryText, EventKind};

use crate::draw::Draw;
use crate::latent::lowness;
use crate::parameters as p;
use crate::person::Person;
use crate::sentiment;
use crate::spec::CohortSpec;
use crate::truth::LatentTruth;
use crate::words::{Words, Written};

/// Milliseconds of an hour.
const HOUR_MS: u32 = 3_600_000;

/// Hours of a day.
const DAY_HOURS: u32 = 24;

/// A dated entry, and what the sentiment stage would make of its text.
pub(crate) struct Draft {
    pub(crate) at: Timestamp,
    pub(crate) kind: EventKind,
    pub(crate) sentiment: Option<mindmate_domain::app::Sentiment>,
    /// Whether its text holds explicit crisis language.
    pub(crate) explicit: bool,
}

/// Drafts by type, in the order of their sort keys' prefixes.
#[derive(Default)]
pub(crate) struct Drafts {
    pub(crate) activities: Vec<Draft>,
    pub(crate) chats: Vec<Draft>,
    pub(crate) moods: Vec<Draft>,
    pub(crate) selfies: Vec<Draft>,
    pub(crate) sessions: Vec<Draft>,
}

/// Keeps the diary of a person over the latent days.
pub(crate) fn keep(
    spec: &CohortSpec,
    person: &Person,
    truth: &LatentTruth,
    draw: &mut Draw,
    words: &mut Draw,
) -> Drafts {
    let window = Open { after: spec.start().max(person.created), until: person.last };
    let words = Words::new(person.language, person.profile.pet_name.as_deref(), words);
    let mut keeper = Keeper { window, person, draw, words, drafts: Drafts::default() };
    for latent in truth.days.iter().filter(|day| day.present) {
        let day = Day {
            date: latent.date,
            mood: latent.mood,
            low: lowness(latent.mood),
            in_crisis: truth.in_crisis(latent.date),
        };
        keeper.keep_day(&day);
    }
    keeper.drafts
}

/// When a person can write at all.
#[derive(Clone, Copy)]
struct Open {
    after: Timestamp,
    until: Timestamp,
}

struct Day {
    date: Date,
    mood: f64,
    low: f64,
    in_crisis: bool,
}

struct Keeper<'a> {
    window: Open,
    person: &'a Person,
    draw: &'a mut Draw,
    words: Words<'a>,
    drafts: Drafts,
}

impl Keeper<'_> {
    fn keep_day(&mut self, day: &Day) {
        let traits = &self.person.traits;
        let (mood_rate, chat_rate) = (traits.mood_rate, traits.chat_rate);
        for _ in 0..self.draw.up_to_three(mood_rate * (1.0 - p::MOOD_RATE_LOW * day.low)) {
            self.log_mood(day);
        }
        for _ in 0..self.draw.up_to_three(chat_rate) {
            self.chat(day);
        }
        for _ in 0..self.draw.up_to_three(p::SESSION_RATE) {
            self.end_session(day);
        }
        if self.draw.chance(p::ACTIVITY_CHANCE) {
            self.try_activity(day);
        }
        if self.draw.chance(p::SELFIE_CHANCE * (1.0 - p::SELFIE_LOW * day.low))
            && let Some(at) = self.instant(day)
        {
            self.drafts.selfies.push(plain(at, EventKind::Selfie));
        }
    }

    fn log_mood(&mut self, day: &Day) {
        let Some(at) = self.instant(day) else { return };
        let (least, most) = p::MOOD;
        let felt = self.draw.normal(day.mood, self.person.traits.entry_noise).clamp(least, most);
        let steps = if self.person.traits.whole_numbers { 1.0 } else { 10.0 };
        let mood = (felt * steps).round() / steps;
        let written = self.draw.chance(p::NOTE_SHARE).then(|| self.words.note(felt, day.in_crisis));
        let tags = if self.draw.chance(p::TAG_SHARE) {
            vec![self.draw.word(&p::TAGS).to_owned()]
        } else {
            Vec::new()
        };
        let (notes, sentiment, explicit) = self.read(written);
        let kind = EventKind::Mood { mood, notes, tags };
        self.drafts.moods.push(Draft { at, kind, sentiment, explicit });
    }

    fn chat(&mut self, day: &Day) {
        let Some(at) = self.instant(day) else { return };
        let felt = self.draw.normal(day.mood, self.person.traits.entry_noise);
        let written = self.words.message(felt, day.in_crisis);
        let (text, sentiment, explicit) = self.read(Some(written));
        let Some(text) = text else { return };
        let kind = EventKind::Chat { author: Author::User, text };
        self.drafts.chats.push(Draft { at, kind, sentiment, explicit });
        if !self.draw.chance(p::REPLY_SHARE) {
            return;
        }
        let text = DiaryText::new(self.words.reply(felt));
        if let Some(at) = self.later(at, p::REPLY_SECONDS) {
            self.drafts.chats.push(plain(at, EventKind::Chat { author: Author::Agent, text }));
        }
    }

    fn end_session(&mut self, day: &Day) {
        let Some(at) = self.instant(day) else { return };
        let (least, most) = p::SESSION_SECONDS;
        let length = self.draw.normal(0.0, p::SESSION_LOG_SD).exp() * p::SESSION_MEDIAN_SECONDS;
        let duration_seconds = length.round().clamp(least, most);
        self.drafts.sessions.push(plain(at, EventKind::Session { duration_seconds }));
    }

    fn try_activity(&mut self, day: &Day) {
        let Some(at) = self.instant(day) else { return };
        let liked = &self.person.profile.preferences;
        let any = self.draw.word(&p::ACTIVITIES);
        // Half of the time the companion keeps to what the person likes.
        let activity = match liked.first() {
            Some(first) if self.draw.chance(0.5) => first.clone(),
            _ => any.to_owned(),
        };
        let suggested = self.draw.chance(p::SUGGESTED_SHARE);
        let done = self.draw.chance(p::DONE_SHARE - p::DONE_SHARE_LOW * day.low);
        let (shortest, longest) = p::DONE_MINUTES;
        let minutes = (shortest * 60.0, longest * 60.0);
        let completed_at = if done { self.later(at, minutes) } else { None };
        let rated = completed_at.is_some() && self.draw.chance(p::RATED_SHARE);
        let found = p::HELPFUL_SHARE * (1.0 - 0.5 * day.low);
        let helpful = rated.then(|| self.draw.chance(found));
        let kind = EventKind::Activity { activity, suggested, completed_at, helpful };
        self.drafts.activities.push(plain(at, kind));
    }

    /// Keeps the text, and looks at it as the sentiment stage would.
    fn read(
        &mut self,
        written: Option<Written>,
    ) -> (Option<DiaryText>, Option<mindmate_domain::app::Sentiment>, bool) {
        let Some(Written { text, tone, explicit }) = written else {
            return (None, None, false);
        };
        let sentiment = sentiment::of(tone, self.words.draw);
        let reached = self.words.draw.chance(p::ANALYZED_SHARE);
        let kept = (reached && self.person.texts_are_read).then_some(sentiment);
        (Some(DiaryText::new(text)), kept, explicit)
    }

    /// An instant of that date by the person's hours; `None` outside of the diary.
    fn instant(&mut self, day: &Day) -> Option<Timestamp> {
        let hours = if self.draw.chance(day.low) { &p::HOURS_LOW } else { &p::HOURS_WELL };
        let hour = u32::try_from(self.draw.weighted(hours.iter().copied())).unwrap_or(0);
        let hour = (hour + self.person.traits.later_hours) % DAY_HOURS;
        let millis = i64::from(hour * HOUR_MS + self.draw.below(HOUR_MS));
        let local = day.date.to_datetime(Time::midnight());
        let local = local.saturating_add(SignedDuration::from_millis(millis));
        let at = self.person.time_zone.to_timestamp(local).ok()?;
        (self.window.after < at && at <= self.window.until).then_some(at)
    }

    /// A whole number of seconds later; `None` after the diary's end.
    fn later(&mut self, at: Timestamp, seconds: p::Range) -> Option<Timestamp> {
        let wait = SignedDuration::try_from_secs_f64(self.draw.between(seconds).floor()).ok()?;
        let later = at.saturating_add(wait).ok()?;
        (later <= self.window.until).then_some(later)
    }
}

fn plain(at: Timestamp, kind: EventKind) -> Draft {
    Draft { at, kind, sentiment: None, explicit: false }
}
