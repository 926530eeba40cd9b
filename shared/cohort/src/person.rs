//! Who a user is: what stays the same over the diary.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use mindmate_domain::app::Profile;
use mindmate_domain::consent::{Consents, StatedConsents};

use crate::draw::Draw;
use crate::parameters as p;
use crate::places::{PLACES, Place};
use crate::spec::CohortSpec;
use crate::truth::Language;

/// Seconds of a day.
const DAY_SECONDS: f64 = 86_400.0;

/// A made-up person.
pub(crate) struct Person {
    pub(crate) place: &'static Place,
    pub(crate) time_zone: TimeZone,
    pub(crate) language: Language,
    pub(crate) profile: Profile,
    pub(crate) traits: Traits,
    /// Nothing is written at or before this.
    pub(crate) created: Timestamp,
    /// Nothing is written after this.
    pub(crate) last: Timestamp,
    /// Whether the sentiment stage may read the texts.
    pub(crate) texts_are_read: bool,
}

/// The numbers that make one person's days differ from another's.
pub(crate) struct Traits {
    pub(crate) baseline: f64,
    pub(crate) reversion: f64,
    pub(crate) spread: f64,
    pub(crate) weekend_lift: f64,
    pub(crate) entry_noise: f64,
    pub(crate) whole_numbers: bool,
    pub(crate) mood_rate: f64,
    pub(crate) chat_rate: f64,
    pub(crate) later_hours: u32,
}

impl Person {
    pub(crate) fn draw(spec: &CohortSpec, index: u32, draw: &mut Draw) -> Self {
        let place = &PLACES[draw.weighted(PLACES.iter().map(|place| place.weight))];
        let spanish = draw.chance(place.spanish);
        let language = if spanish { Language::Spanish } else { Language::English };
        let (created, last) = presence(spec, draw);
        let consents = consents(draw);
        // An absent block means the app's legacy users, for whom scoring and text analysis are on.
        let texts_are_read = match consents {
            StatedConsents::Given(given) => given.scoring && given.text_analysis,
            _ => true,
        };
        let traits = Traits::draw(draw);
        let profile = profile(index, place, language, created, consents, draw);
        let time_zone = place.time_zone();
        Self { place, time_zone, language, profile, traits, created, last, texts_are_read }
    }
}

impl Traits {
    fn draw(draw: &mut Draw) -> Self {
        let (least, most) = p::BASELINE;
        Self {
            baseline: draw.normal(p::BASELINE_MEAN, p::BASELINE_SD).clamp(least, most),
            reversion: draw.between(p::REVERSION),
            spread: draw.between(p::SPREAD),
            weekend_lift: draw.between(p::WEEKEND_LIFT),
            entry_noise: draw.between(p::ENTRY_NOISE),
            whole_numbers: draw.chance(p::WHOLE_NUMBERS_SHARE),
            mood_rate: draw.between(p::MOOD_RATE),
            chat_rate: draw.between(p::CHAT_RATE),
            later_hours: draw.whole(p::CHRONOTYPE_HOURS),
        }
    }
}

/// When the account was made and when it was last used.
fn presence(spec: &CohortSpec, draw: &mut Draw) -> (Timestamp, Timestamp) {
    let days = f64::from(spec.days);
    if draw.chance(p::NEW_SHARE) {
        let age = days.min(p::NEW_DAYS_MAX) * draw.between((0.1, 1.0));
        return (before(spec.end, age), spec.end);
    }
    let created = before(spec.start(), draw.between(p::ACCOUNT_AGE_DAYS));
    if !draw.chance(p::LAPSED_SHARE) {
        return (created, spec.end);
    }
    let longest = days.clamp(p::LAPSED_DAYS_MIN, p::LAPSED_DAYS_MAX);
    (created, before(spec.end, draw.between((p::LAPSED_DAYS_MIN, longest))))
}

/// Whole seconds, so that instants in keys stay in milliseconds.
fn before(at: Timestamp, days: f64) -> Timestamp {
    let seconds = SignedDuration::try_from_secs_f64((days * DAY_SECONDS).floor());
    at.saturating_sub(seconds.unwrap_or(SignedDuration::ZERO)).unwrap_or(at)
}

fn consents(draw: &mut Draw) -> StatedConsents {
    if draw.chance(p::LEGACY_SHARE) {
        return StatedConsents::Absent;
    }
    StatedConsents::Given(Consents {
        scoring: !draw.chance(p::NO_SCORING_SHARE),
        text_analysis: !draw.chance(p::NO_TEXT_SHARE),
        outreach: !draw.chance(p::NO_OUTREACH_SHARE),
        language_model: draw.chance(p::LANGUAGE_MODEL_SHARE),
        training: draw.chance(p::TRAINING_SHARE),
        human_review: draw.chance(p::HUMAN_REVIEW_SHARE),
    })
}

fn profile(
    index: u32,
    place: &Place,
    language: Language,
    created: Timestamp,
    consents: StatedConsents,
    draw: &mut Draw,
) -> Profile {
    let (tag, names) = match language {
        Language::English => ("en", &p::NAMES_ENGLISH),
        Language::Spanish => ("es", &p::NAMES_SPANISH),
    };
    let mut given = |text: &str| (!draw.chance(p::ABSENT_SHARE)).then(|| text.to_owned());
    let timezone = given(place.zone);
    let country = given(place.country);
    // Without a locale the pipeline takes English: only those who write it may lack one.
    let locale = given(&format!("{tag}-{}", place.country))
        .or_else(|| (language == Language::Spanish).then(|| tag.to_owned()));
    let has_name = !draw.chance(p::ABSENT_SHARE);
    let name = draw.word(names);
    let personality = draw.word(&p::PERSONALITIES);
    let pet_name = draw.word(&p::PET_NAMES);
    Profile {
        name: has_name.then(|| name.to_owned()),
        personality: Some(personality.to_owned()),
        pet_name: Some(pet_name.to_owned()),
        timezone,
        country,
        locale,
        created_at: Some(created),
        last_active_at: None,
        preferences: preferences(draw),
        consents,
        // Opaque and unroutable: nothing outside can be reached by it.
        push_endpoint: draw.chance(p::PUSH_SHARE).then(|| format!("synthetic:push/{index:07}")),
    }
}

fn preferences(draw: &mut Draw) -> Vec<String> {
    let mut liked: Vec<String> = Vec::new();
    for _ in 0..draw.below(p::PREFERENCES_MAX + 1) {
        let activity = draw.word(&p::ACTIVITIES);
        if !liked.iter().any(|other| other == activity) {
            liked.push(activity.to_owned());
        }
    }
    liked
}
