//! The behaviour family by its definitions.

use mindmate_domain::Feature::{self, *};
use mindmate_domain::MissingReason;
use mindmate_features::TextReading;

use super::{Answer, NO_DATA, Seen, average, few, hours, is_weekend, of, slope, spread};

pub(crate) fn feature(seen: &Seen<'_>, feature: Feature) -> Answer {
    let interactions = seen.interactions(30);
    let selfies = seen.history.selfies.iter().filter(|at| seen.between(**at, 30, 0)).count();
    match feature {
        DailyCheckinFrequency => Ok(interactions.len() as f64 / 30.0),
        AvgSessionDuration => {
            let sessions = seen.history.sessions.iter().filter(|s| seen.between(s.at, 30, 0));
            of(&sessions.map(|s| s.duration_seconds).collect::<Vec<_>>(), 1, average)
        }
        EngagementTrend => engagement(seen).map(|series| slope(&indexed(&series))),
        UsageConsistency => engagement(seen).map(|series| spread(&series)),
        ResponseTimeTrend => {
            let n = interactions.len();
            let gaps: Vec<f64> =
                (1..n).map(|i| hours(interactions[i - 1], interactions[i])).collect();
            match n {
                0 => NO_DATA,
                1 | 2 => few(n, 3),
                _ => Ok(slope(&indexed(&gaps))),
            }
        }
        ActivityCompletionRate => completion(seen),
        SelfieFrequency => Ok(selfies as f64 / 30.0),
        AvgMessageLength => {
            let texts = seen.texts(30).ok_or(MissingReason::Unavailable)?;
            let lengths: Vec<_> = texts.iter().map(|text| f64::from(text.characters)).collect();
            of(&lengths, 1, average)
        }
        NegativeWordFrequency => per_word(seen, |text| text.facts.negative_words),
        HelpSeekingFrequency => {
            let texts = listed(seen)?;
            let asked: Vec<_> =
                texts.iter().map(|text| f64::from(u8::from(text.facts.seeks_help()))).collect();
            of(&asked, 1, average)
        }
        LateNightUsage => {
            let late = interactions.iter().filter(|at| {
                let hour = seen.local(**at).hour();
                !(5..23).contains(&hour)
            });
            Ok(late.count() as f64)
        }
        WeekendUsageChange => weekend(seen),
        TotalInteractions => Ok(interactions.len() as f64),
        MoodLogsCount => Ok(seen.moods(30, 0).len() as f64),
        SelfiesCount => Ok(selfies as f64),
        _ => unreachable!("{feature} is no feature of behaviour"),
    }
}

fn indexed(values: &[f64]) -> Vec<(f64, f64)> {
    values.iter().enumerate().map(|(i, value)| (i as f64, *value)).collect()
}

fn engagement(seen: &Seen<'_>) -> Result<Vec<f64>, MissingReason> {
    let by_day = seen.interactions_by_day();
    let total: usize = by_day.iter().map(|day| day.1).sum();
    let dates = by_day.iter().filter(|day| day.1 > 0).count();
    if total == 0 {
        return Err(MissingReason::NoData);
    }
    if total < 7 {
        return Err(MissingReason::TooFew { have: total as u32, need: 7 });
    }
    if dates < 2 {
        return Err(MissingReason::TooFew { have: dates as u32, need: 2 });
    }
    let first = by_day.iter().position(|day| day.1 > 0).unwrap();
    Ok(by_day[first..].iter().map(|day| day.1 as f64).collect())
}

fn completion(seen: &Seen<'_>) -> Answer {
    let (mut all, mut suggested, mut done) = (0, 0, 0);
    for activity in &seen.history.activities {
        if seen.between(activity.at, 30, 0) {
            all += 1;
            if activity.suggested {
                suggested += 1;
                if activity.completed_at.is_some_and(|at| at <= seen.end) {
                    done += 1;
                }
            }
        }
    }
    match (all, suggested) {
        (0, _) => NO_DATA,
        (_, 0) => few(0, 1),
        _ => Ok(f64::from(done) / f64::from(suggested)),
    }
}

fn listed<'a>(seen: &Seen<'a>) -> Result<Vec<&'a TextReading>, MissingReason> {
    if seen.has_list() {
        seen.texts(30).ok_or(MissingReason::Unavailable)
    } else {
        Err(MissingReason::Unavailable)
    }
}

pub(crate) fn per_word(seen: &Seen<'_>, kind: fn(&TextReading) -> u32) -> Answer {
    let texts = listed(seen)?;
    let words: u32 = texts.iter().map(|text| text.facts.words).sum();
    let found: u32 = texts.iter().map(|text| kind(text)).sum();
    match (texts.len(), words) {
        (0, _) => NO_DATA,
        (_, 0) => few(0, 1),
        _ => Ok(f64::from(found) / f64::from(words)),
    }
}

fn weekend(seen: &Seen<'_>) -> Answer {
    let by_day = seen.interactions_by_day();
    let counts = |weekend: bool| -> Vec<f64> {
        let dates = by_day.iter().filter(|day| is_weekend(day.0) == weekend);
        dates.map(|day| day.1 as f64).collect()
    };
    let (weekend, other) = (counts(true), counts(false));
    match (weekend.len(), other.len()) {
        (0, 0) => NO_DATA,
        (0, _) | (_, 0) => few(0, 1),
        _ => Ok(average(&weekend) - average(&other)),
    }
}
