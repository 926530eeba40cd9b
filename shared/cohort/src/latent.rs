//! The hidden mood of each local date: reversion to a baseline, with crises and low spells over it.

use jiff::{Span, civil::Date, civil::Weekday};

use crate::draw::Draw;
use crate::parameters as p;
use crate::person::{Person, Traits};
use crate::spec::CohortSpec;
use crate::truth::{CrisisEpisode, CrisisKind, HORIZON_DAYS, LatentDay, LatentTruth, LowSpell};

/// How low a mood is for the habits of a diary: 0 from [`p::LOW_FROM`] on, 1 at the scale's end.
pub(crate) fn lowness(mood: f64) -> f64 {
    ((p::LOW_FROM - mood) / (p::LOW_FROM - p::MOOD.0)).clamp(0.0, 1.0)
}

/// Lives through the days of a diary and [`HORIZON_DAYS`] more.
pub(crate) fn live(spec: &CohortSpec, person: &Person, draw: &mut Draw) -> LatentTruth {
    let first = person.time_zone.to_datetime(spec.start()).date();
    let last = person.time_zone.to_datetime(spec.end).date();
    let last = last.saturating_add(Span::new().days(HORIZON_DAYS));
    let dates: Vec<Date> = first.series(Span::new().days(1)).take_while(|d| *d <= last).collect();
    let count = i32::try_from(dates.len()).unwrap_or(i32::MAX);
    let episodes = episodes(&person.traits, count, draw);
    let days = days(person, &dates, &episodes, draw);
    let date = |day: i32| first.saturating_add(Span::new().days(day));
    LatentTruth {
        timezone: person.place.zone,
        language: person.language,
        baseline: person.traits.baseline,
        reversion: person.traits.reversion,
        spread: person.traits.spread,
        days,
        crises: episodes.iter().filter_map(|episode| episode.as_crisis(date)).collect(),
        low_spells: episodes.iter().filter_map(|episode| episode.as_spell(date)).collect(),
        explicit_texts: Vec::new(),
    }
}

/// A fall, a bottom and a way back; days are counted from the first of the diary.
struct Episode {
    /// `None` for a low spell.
    crisis: Option<CrisisKind>,
    onset: i32,
    nadir: i32,
    until: i32,
    recovery: i32,
    /// Mood at the bottom.
    depth: f64,
}

impl Episode {
    fn draw(crisis: Option<CrisisKind>, onset: i32, draw: &mut Draw) -> Self {
        let (fall, bottom, way_back, depth) = match crisis {
            Some(CrisisKind::SlowDecline) => {
                (p::SLOW_FALL, p::NADIR_DAYS, p::RECOVERY, p::NADIR_MOOD)
            }
            Some(CrisisKind::Sudden) => (p::SUDDEN_FALL, p::NADIR_DAYS, p::RECOVERY, p::NADIR_MOOD),
            None => (p::SPELL_FALL, p::SPELL_DAYS, p::SPELL_RECOVERY, p::SPELL_MOOD),
        };
        let mut length = |days| i32::try_from(draw.whole(days)).unwrap_or(1);
        let nadir = onset + length(fall);
        let until = nadir + length(bottom) - 1;
        let recovery = until + length(way_back);
        Self { crisis, onset, nadir, until, recovery, depth: draw.between(depth) }
    }

    /// How much of a day belongs to the episode: 0 outside, 1 at the bottom.
    fn weight(&self, day: i32) -> f64 {
        if day < self.onset || day >= self.recovery {
            0.0
        } else if day < self.nadir {
            let way = f64::from(day - self.onset + 1) / f64::from(self.nadir - self.onset + 1);
            way * (p::FALL_LINEAR_PART + (1.0 - p::FALL_LINEAR_PART) * way)
        } else if day <= self.until {
            1.0
        } else {
            f64::from(self.recovery - day) / f64::from(self.recovery - self.until)
        }
    }

    fn slows_on(&self, day: i32) -> bool {
        self.crisis == Some(CrisisKind::SlowDecline) && (self.onset..self.nadir).contains(&day)
    }

    fn as_crisis(&self, date: impl Fn(i32) -> Date) -> Option<CrisisEpisode> {
        Some(CrisisEpisode {
            kind: self.crisis?,
            onset: date(self.onset),
            nadir: date(self.nadir),
            nadir_until: date(self.until),
            recovery: date(self.recovery),
        })
    }

    fn as_spell(&self, date: impl Fn(i32) -> Date) -> Option<LowSpell> {
        let spell = LowSpell { onset: date(self.onset), recovery: date(self.recovery) };
        self.crisis.is_none().then_some(spell)
    }
}

/// The episodes that touch days `0..count`, in order and never two at once.
fn episodes(traits: &Traits, count: i32, draw: &mut Draw) -> Vec<Episode> {
    let (least, most) = p::CRISIS_FACTOR;
    let below = p::BASELINE_MEAN - traits.baseline;
    let factor = (1.0 + p::CRISIS_CHANCE_PER_POINT * below).clamp(least, most);
    let crisis_chance = p::CRISIS_CHANCE * factor;
    let mut found = Vec::new();
    let mut day = -p::BURN_IN_DAYS;
    while day < count {
        let chance = draw.unit();
        let crisis = if chance >= crisis_chance + p::SPELL_CHANCE {
            day += 1;
            continue;
        } else if chance >= crisis_chance {
            None
        } else if draw.chance(p::SUDDEN_SHARE) {
            Some(CrisisKind::Sudden)
        } else {
            Some(CrisisKind::SlowDecline)
        };
        let episode = Episode::draw(crisis, day, draw);
        day = episode.recovery;
        if episode.recovery > 0 {
            found.push(episode);
        }
    }
    found
}

/// Walks the Ornstein–Uhlenbeck process and blends the episodes over it.
fn days(person: &Person, dates: &[Date], episodes: &[Episode], draw: &mut Draw) -> Vec<LatentDay> {
    let Traits { baseline, reversion, spread, weekend_lift, .. } = person.traits;
    let (least, most) = p::MOOD;
    // Keeps the stationary standard deviation at `spread` whatever the reversion.
    let step_sd = spread * (reversion * (2.0 - reversion)).sqrt();
    let mut away = draw.normal(0.0, spread);
    let mut present = true;
    let mut upcoming = episodes.iter().peekable();
    let mut days = Vec::with_capacity(dates.len());
    for (day, date) in (0..).zip(dates) {
        while upcoming.next_if(|episode| episode.recovery <= day).is_some() {}
        let episode = upcoming.peek();
        let slows = episode.is_some_and(|episode| episode.slows_on(day));
        let pull = if slows { reversion * p::SLOWING_FACTOR } else { reversion };
        away += draw.normal(-pull * away, step_sd);
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        let usual = baseline + away + if weekend { weekend_lift } else { 0.0 };
        let mood = match episode {
            Some(episode) => blend(usual, episode, day, draw),
            None => usual,
        };
        let mood = mood.clamp(least, most);
        present = draw.chance(presence_chance(present, lowness(mood)));
        days.push(LatentDay { date: *date, mood, present });
    }
    days
}

fn blend(usual: f64, episode: &Episode, day: i32, draw: &mut Draw) -> f64 {
    let weight = episode.weight(day);
    let bottom = draw.normal(episode.depth, p::NADIR_WOBBLE);
    // A person whose usual mood lies below a low spell's bottom is not lifted by it.
    let mood = usual.min(usual * (1.0 - weight) + bottom * weight);
    let at_nadir = episode.crisis.is_some() && (episode.nadir..=episode.until).contains(&day);
    if at_nadir { mood.min(p::NADIR_CEILING) } else { mood }
}

fn presence_chance(present: bool, lowness: f64) -> f64 {
    if present {
        1.0 - (p::LEAVE_CHANCE + p::LEAVE_CHANCE_LOW * lowness)
    } else {
        p::RETURN_CHANCE - p::RETURN_CHANCE_LOW * lowness
    }
}
