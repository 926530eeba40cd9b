//! Whether the moods of 2,000 users behave as the process says. The bounds are wide: they catch a
//! broken process, not a changed parameter; the cohort is fixed, so they never fail by chance.

mod support;

use std::collections::{HashMap, HashSet};

use jiff::{Span, civil::Date};
use mindmate_cohort::{CrisisKind, LatentDay, SyntheticUser};
use mindmate_domain::app::{AppItem, EventKind};
use support::{COHORT, COHORT_DAYS, assert_share, events, mean, zone};

/// Days within the diary: the horizon left out.
fn diary_days(made: &SyntheticUser) -> impl Iterator<Item = &LatentDay> {
    made.truth.days.iter().take(usize::from(COHORT_DAYS))
}

#[test]
fn most_are_well() {
    let all = || COHORT.iter().flat_map(diary_days);
    assert_share(
        "low days",
        all().filter(|day| day.mood <= 4.0).count(),
        all().count(),
        0.04..=0.14,
    );
    let usual = mean(all().map(|day| day.mood));
    assert!((6.2..=7.0).contains(&usual), "{usual}");
    let between = mean(COHORT.iter().map(|made| made.truth.baseline));
    assert!((6.5..=6.9).contains(&between), "{between}");
}

#[test]
fn two_to_three_percent_are_in_or_near_a_crisis() {
    let mut near = 0;
    let mut all = 0;
    for made in COHORT.iter() {
        for day in diary_days(made) {
            all += 1;
            near += usize::from(made.truth.in_or_near_crisis(day.date));
        }
    }
    assert_share("in or near a crisis", near, all, 0.02..=0.03);
    let crises: Vec<_> = COHORT.iter().flat_map(|made| &made.truth.crises).collect();
    let sudden = crises.iter().filter(|crisis| crisis.kind == CrisisKind::Sudden).count();
    assert_share("sudden crises", sudden, crises.len(), 0.15..=0.35);
}

#[test]
fn crises_really_are_lower_and_last_for_days() {
    for made in COHORT.iter() {
        for day in &made.truth.days {
            assert!(!made.truth.in_crisis(day.date) || day.mood <= 2.0);
        }
    }
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for made in COHORT.iter() {
        let zone = zone(made);
        for event in events(made) {
            if let EventKind::Mood { mood, .. } = event.kind {
                let date = zone.to_datetime(event.at).date();
                if made.truth.in_crisis(date) {
                    inside.push(mood);
                } else {
                    outside.push(mood);
                }
            }
        }
    }
    assert!(inside.len() > 200, "{}", inside.len());
    let (low, usual) = (mean(inside), mean(outside));
    assert!(low < 2.2 && usual > 6.0, "{low} inside, {usual} outside");
}

#[test]
fn slow_declines_show_before_the_nadir_and_sudden_falls_do_not() {
    let drop = |kind| {
        let drops = COHORT.iter().flat_map(|made| {
            made.truth.crises.iter().filter(move |crisis| crisis.kind == kind).filter_map(
                |crisis| {
                    let at = |days: i32| {
                        let date = crisis.nadir.checked_sub(Span::new().days(days)).ok()?;
                        made.truth.days.iter().find(|day| day.date == date).map(|day| day.mood)
                    };
                    Some(at(10)? - at(3)?)
                },
            )
        });
        mean(drops)
    };
    let (slow, sudden) = (drop(CrisisKind::SlowDecline), drop(CrisisKind::Sudden));
    assert!(slow > 1.0 && sudden.abs() < 0.6, "{slow} and {sudden}");
}

#[test]
fn low_moods_make_gaps() {
    let (mut low, mut low_gaps, mut well, mut well_gaps) = (0, 0, 0, 0);
    for made in COHORT.iter() {
        let zone = zone(made);
        let logged: HashSet<Date> = events(made)
            .filter(|event| matches!(event.kind, EventKind::Mood { .. }))
            .map(|event| zone.to_datetime(event.at).date())
            .collect();
        let (Some(first), Some(last)) = (logged.iter().min(), logged.iter().max()) else {
            continue;
        };
        for day in made.truth.days.iter().filter(|day| *first < day.date && day.date < *last) {
            let gap = usize::from(!logged.contains(&day.date));
            if day.mood <= 3.0 {
                low += 1;
                low_gaps += gap;
            } else if day.mood >= 6.0 {
                well += 1;
                well_gaps += gap;
            }
        }
    }
    assert_share("gaps on low days", low_gaps, low, 0.45..=0.75);
    assert_share("gaps on good days", well_gaps, well, 0.25..=0.45);
}

#[test]
fn sentiment_follows_mood() {
    let mut pairs = Vec::new();
    for made in COHORT.iter() {
        let scores: HashMap<_, _> = made
            .items
            .iter()
            .filter_map(|item| match item {
                AppItem::Sentiment(stored) => Some((&stored.text_sk, stored.sentiment.negative)),
                _ => None,
            })
            .collect();
        for event in events(made) {
            if let (EventKind::Mood { mood, .. }, Some(score)) =
                (&event.kind, scores.get(&event.sk))
            {
                pairs.push((*mood, *score));
            }
        }
    }
    let (x, y) = (mean(pairs.iter().map(|pair| pair.0)), mean(pairs.iter().map(|pair| pair.1)));
    let covariance = mean(pairs.iter().map(|(mood, score)| (mood - x) * (score - y)));
    let variance = |of: fn(&(f64, f64)) -> f64, about: f64| {
        mean(pairs.iter().map(|pair| (of(pair) - about).powi(2)))
    };
    let r = covariance / (variance(|pair| pair.0, x) * variance(|pair| pair.1, y)).sqrt();
    println!("correlation of mood and negative score: {r:.3}");
    assert!((-0.9..-0.4).contains(&r), "{r}");
}

#[test]
fn nights_are_quiet_and_less_so_when_low() {
    let (mut low, mut low_nights, mut well, mut well_nights) = (0, 0, 0, 0);
    for made in COHORT.iter() {
        let zone = zone(made);
        for event in events(made) {
            if let EventKind::Mood { mood, .. } = event.kind {
                let hour = zone.to_datetime(event.at).hour();
                let night = usize::from(!(5..23).contains(&hour));
                if mood <= 3.0 {
                    low += 1;
                    low_nights += night;
                } else if mood >= 6.0 {
                    well += 1;
                    well_nights += night;
                }
            }
        }
    }
    assert_share("nights when low", low_nights, low, 0.15..=0.35);
    assert_share("nights when well", well_nights, well, 0.04..=0.14);
}
