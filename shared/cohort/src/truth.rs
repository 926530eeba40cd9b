//! What a diary was drawn from. It never reaches the pipeline; evaluation compares against it.

use jiff::{Span, civil::Date};
use serde::Serialize;

/// Days after `end` that the truth goes on for: the coming week that a score speaks of, so that the
/// last assessment can be checked too.
pub const HORIZON_DAYS: i64 = 7;

/// The hidden side of a [`crate::SyntheticUser`]. Dates are local to `timezone`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LatentTruth {
    /// IANA name of the zone that the person lives in, also where the profile names none.
    pub timezone: &'static str,
    /// What the person writes in.
    pub language: Language,
    /// The mood that the person returns to, 1 to 10.
    pub baseline: f64,
    /// Share of the way back to the baseline that a day makes, 0 to 1.
    pub reversion: f64,
    /// Standard deviation of the mood around the baseline outside of episodes.
    pub spread: f64,
    /// One a local date, in order, from the first of the diary to [`HORIZON_DAYS`] after its end.
    pub days: Vec<LatentDay>,
    /// Crises that touch those days, in order.
    pub crises: Vec<CrisisEpisode>,
    /// Bad spells that never were a crisis, in order.
    pub low_spells: Vec<LowSpell>,
    /// Sort keys of the texts that hold explicit crisis language, in order.
    pub explicit_texts: Vec<String>,
}

/// A day of the latent process.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LatentDay {
    /// The local date.
    pub date: Date,
    /// The mood behind the day's entries, 1 to 10.
    pub mood: f64,
    /// Whether the person looked at the app at all.
    pub present: bool,
}

/// A fall to a nadir of at most 2 and the way back. Some dates may lie outside of the diary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CrisisEpisode {
    /// How it came.
    pub kind: CrisisKind,
    /// First date of the fall.
    pub onset: Date,
    /// First date at the bottom.
    pub nadir: Date,
    /// Last date at the bottom.
    pub nadir_until: Date,
    /// First date that is free of it.
    pub recovery: Date,
}

/// How a crisis came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CrisisKind {
    /// Over two to four weeks, which a trend can show.
    SlowDecline,
    /// Within a day or two, which nothing before it shows.
    Sudden,
}

/// A dip that lifts again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LowSpell {
    /// First date of the dip.
    pub onset: Date,
    /// First date that is free of it.
    pub recovery: Date,
}

/// What a person writes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Language {
    English,
    Spanish,
}

impl LatentTruth {
    /// Whether that local date lies at the bottom of a crisis.
    pub fn in_crisis(&self, date: Date) -> bool {
        self.crises.iter().any(|crisis| (crisis.nadir..=crisis.nadir_until).contains(&date))
    }

    /// Whether a nadir begins on one of the `days` dates after that one: what a score of that date
    /// is about. Known up to [`HORIZON_DAYS`] after the diary's end.
    pub fn crisis_begins_within(&self, date: Date, days: i64) -> bool {
        let last = date.saturating_add(Span::new().days(days));
        self.crises.iter().any(|crisis| date < crisis.nadir && crisis.nadir <= last)
    }

    /// In a crisis, or less than a week before one.
    pub fn in_or_near_crisis(&self, date: Date) -> bool {
        self.in_crisis(date) || self.crisis_begins_within(date, HORIZON_DAYS)
    }
}
