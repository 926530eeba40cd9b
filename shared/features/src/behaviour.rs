//! The 15 features of what a person does in the app, over 30 days.

use mindmate_domain::instant::Window;
use mindmate_domain::{Feature, FeatureVector, MissingReason};

use crate::context::{Context, Interaction, MONTH, within};
use crate::outcome::{Outcome, at_least, count, entries, set};
use crate::stats::{Line, mean, standard_deviation};
use crate::texts::TextReading;

/// Interactions in the series of engagement, at the least.
const ENGAGEMENT_INTERACTIONS: usize = 7;
/// Dates with an interaction in that series, at the least.
const ENGAGEMENT_DATES: usize = 2;
/// Interactions for a trend of the hours between them, at the least.
const RESPONSE_INTERACTIONS: usize = 3;
/// Local hour from which it is late at night.
const NIGHT_BEGINS: i64 = 23;
/// Local hour before which it is late at night.
const NIGHT_ENDS: i64 = 5;
const SECONDS_OF_AN_HOUR: f64 = 3_600.0;

/// Sets the behaviour family.
pub(crate) fn extract(cx: &Context<'_>, out: &mut FeatureVector) {
    let window = cx.as_of.window(MONTH);
    let interactions = cx.interactions(MONTH);
    let selfies = within(&cx.history.selfies, window).len();
    let night =
        interactions.iter().filter(|i| i.local.hour >= NIGHT_BEGINS || i.local.hour < NIGHT_ENDS);
    let engagement = Engagement::of(cx);
    let outcomes = [
        (Feature::DailyCheckinFrequency, Ok(interactions.len() as f64 / MONTH as f64)),
        (Feature::AvgSessionDuration, session_duration(cx, window)),
        (Feature::EngagementTrend, engagement.as_ref().map_err(|e| *e).and_then(Engagement::trend)),
        (Feature::ResponseTimeTrend, response_time_trend(interactions)),
        (Feature::ActivityCompletionRate, completion_rate(cx, window)),
        (Feature::SelfieFrequency, Ok(selfies as f64 / MONTH as f64)),
        (Feature::AvgMessageLength, message_length(cx)),
        (Feature::NegativeWordFrequency, per_word(cx, |text| text.facts.negative_words)),
        (Feature::HelpSeekingFrequency, help_seeking(cx)),
        (Feature::LateNightUsage, count(night.count())),
        (Feature::WeekendUsageChange, weekend_change(cx)),
        (Feature::UsageConsistency, engagement.map(|series| standard_deviation(&series.0))),
        (Feature::TotalInteractions, count(interactions.len())),
        (Feature::MoodLogsCount, count(cx.moods(MONTH).len())),
        (Feature::SelfiesCount, count(selfies)),
    ];
    for (feature, outcome) in outcomes {
        set(out, feature, outcome);
    }
}

/// Interactions by day, from the date of the first one among the 30 complete dates to the last
/// complete date; dates with none count 0.
struct Engagement(Vec<f64>);

impl Engagement {
    fn of(cx: &Context<'_>) -> Result<Self, MissingReason> {
        let by_day = cx.interactions_by_day();
        let series: Vec<_> = by_day
            .iter()
            .map(|(_, interactions)| f64::from(*interactions))
            .skip_while(|interactions| *interactions == 0.0)
            .collect();
        let total: u32 = by_day.iter().map(|(_, interactions)| interactions).sum();
        entries(usize::try_from(total).unwrap_or(usize::MAX), ENGAGEMENT_INTERACTIONS)?;
        let dates = by_day.iter().filter(|(_, interactions)| *interactions > 0).count();
        at_least(dates, ENGAGEMENT_DATES)?;
        Ok(Self(series))
    }

    fn trend(&self) -> Outcome {
        slope_by_index(&self.0)
    }
}

/// Least-squares slope against 0, 1, 2 …
fn slope_by_index(values: &[f64]) -> Outcome {
    let points: Vec<_> = values.iter().enumerate().map(|(i, value)| (i as f64, *value)).collect();
    Line::through(&points).map(|line| line.slope).ok_or(MissingReason::Undefined)
}

fn session_duration(cx: &Context<'_>, window: Window) -> Outcome {
    let in_window = cx.history.sessions.iter().filter(|session| window.contains(session.at));
    let seconds: Vec<_> = in_window.map(|session| session.duration_seconds).collect();
    entries(seconds.len(), 1)?;
    Ok(mean(&seconds))
}

fn response_time_trend(interactions: &[Interaction]) -> Outcome {
    entries(interactions.len(), RESPONSE_INTERACTIONS)?;
    let hours: Vec<_> = interactions
        .windows(2)
        .map(|pair| pair[1].at.duration_since(pair[0].at).as_secs_f64() / SECONDS_OF_AN_HOUR)
        .collect();
    slope_by_index(&hours)
}

fn completion_rate(cx: &Context<'_>, window: Window) -> Outcome {
    let activities: Vec<_> =
        cx.history.activities.iter().filter(|activity| window.contains(activity.at)).collect();
    entries(activities.len(), 1)?;
    let suggested: Vec<_> = activities.iter().filter(|activity| activity.suggested).collect();
    at_least(suggested.len(), 1)?;
    let done = |at| at <= cx.as_of.instant();
    let completed = suggested.iter().filter(|activity| activity.completed_at.is_some_and(done));
    Ok(completed.count() as f64 / suggested.len() as f64)
}

fn message_length(cx: &Context<'_>) -> Outcome {
    let texts = cx.texts(MONTH)?;
    entries(texts.len(), 1)?;
    let characters: u64 = texts.iter().map(|text| u64::from(text.characters)).sum();
    Ok(characters as f64 / texts.len() as f64)
}

/// How many of all words of the texts of 30 days are of some kind.
///
/// # Errors
/// `Unavailable`, `NoData`, or `TooFew` where the texts have no word.
pub(crate) fn per_word(cx: &Context<'_>, kind: impl Fn(&TextReading) -> u32) -> Outcome {
    let texts = cx.listed_texts(MONTH)?;
    entries(texts.len(), 1)?;
    let words: u64 = texts.iter().map(|text| u64::from(text.facts.words)).sum();
    at_least(usize::try_from(words).unwrap_or(usize::MAX), 1)?;
    let of_kind: u64 = texts.iter().map(|text| u64::from(kind(text))).sum();
    Ok(of_kind as f64 / words as f64)
}

fn help_seeking(cx: &Context<'_>) -> Outcome {
    let texts = cx.listed_texts(MONTH)?;
    entries(texts.len(), 1)?;
    let seeking = texts.iter().filter(|text| text.facts.seeks_help()).count();
    Ok(seeking as f64 / texts.len() as f64)
}

/// Interactions per weekend date less those per other date. Its need is of dates, not of
/// interactions: dates without any are evidence too.
fn weekend_change(cx: &Context<'_>) -> Outcome {
    let by_day = cx.interactions_by_day();
    entries(by_day.len(), 1)?;
    let of = |weekend: bool| -> Vec<f64> {
        let dates = by_day.iter().filter(|(day, _)| day.is_weekend() == weekend);
        dates.map(|(_, interactions)| f64::from(*interactions)).collect()
    };
    let (weekend, other) = (of(true), of(false));
    at_least(weekend.len(), 1)?;
    at_least(other.len(), 1)?;
    Ok(mean(&weekend) - mean(&other))
}
