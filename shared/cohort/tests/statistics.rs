//! Whether 2,000 users behave as the process says. The bounds are wide: they catch a broken process,
//! not a changed parameter; the cohort is fixed, so they never fail by chance.

mod support;

use std::collections::HashSet;
use std::sync::LazyLock;

use jiff::{SignedDuration, civil::Date, tz::TimeZone};
use mindmate_cohort::{CrisisKind, LatentDay, SyntheticUser};
use mindmate_domain::app::{AppItem, Author, Event, EventKind};
use mindmate_domain::consent::StatedConsents;
use support::{end, own_text, profile, spec};

const DAYS: u16 = 60;

static COHORT: LazyLock<Vec<SyntheticUser>> =
    LazyLock::new(|| spec(2_000, DAYS, 11).users().collect());

fn events(made: &SyntheticUser) -> impl Iterator<Item = &Event> {
    made.items.iter().filter_map(|item| match item {
        AppItem::Event(event) => Some(event),
        _ => None,
    })
}

fn zone(made: &SyntheticUser) -> TimeZone {
    TimeZone::get(made.truth.timezone).unwrap()
}

/// Shares of users, days or texts, and whether they lie where they should.
fn assert_share(what: &str, some: usize, of: usize, bounds: std::ops::RangeInclusive<f64>) {
    let share = some as f64 / of as f64;
    println!("{what}: {share:.4} ({some} of {of})");
    assert!(
        bounds.contains(&share),
        "{what}: {share} is outside of {bounds:?}"
    );
}

fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values
        .into_iter()
        .fold((0.0, 0.0), |(s, n), value| (s + value, n + 1.0));
    sum / count
}

fn share_of_users(
    what: &str,
    of: impl Fn(&SyntheticUser) -> bool,
    bounds: std::ops::RangeInclusive<f64>,
) {
    assert_share(
        what,
        COHORT.iter().filter(|made| of(made)).count(),
        COHORT.len(),
        bounds,
    );
}

/// Days within the diary: the horizon left out.
fn diary_days(made: &SyntheticUser) -> impl Iterator<Item = &LatentDay> {
    made.truth.days.iter().take(usize::from(DAYS))
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
    let sudden = crises
        .iter()
        .filter(|crisis| crisis.kind == CrisisKind::Sudden)
        .count();
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
                    inside.push(mood)
                } else {
                    outside.push(mood)
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
            made.truth
                .crises
                .iter()
                .filter(move |crisis| crisis.kind == kind)
                .filter_map(|crisis| {
                    let at = |days: i32| {
                        let date = crisis
                            .nadir
                            .checked_sub(jiff::Span::new().days(days))
                            .ok()?;
                        made.truth
                            .days
                            .iter()
                            .find(|day| day.date == date)
                            .map(|day| day.mood)
                    };
                    Some(at(10)? - at(3)?)
                })
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
        for day in made
            .truth
            .days
            .iter()
            .filter(|day| *first < day.date && day.date < *last)
        {
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
        let scores: std::collections::HashMap<_, _> = made
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
    let (x, y) = (
        mean(pairs.iter().map(|pair| pair.0)),
        mean(pairs.iter().map(|pair| pair.1)),
    );
    let covariance = mean(pairs.iter().map(|(mood, score)| (mood - x) * (score - y)));
    let variance = |of: fn(&(f64, f64)) -> f64, about: f64| {
        mean(pairs.iter().map(|pair| (of(pair) - about).powi(2)))
    };
    let r = covariance / (variance(|pair| pair.0, x) * variance(|pair| pair.1, y)).sqrt();
    println!("correlation of mood and negative score: {r:.3}");
    assert!((-0.9..-0.4).contains(&r), "{r}");
}

#[test]
fn nearly_all_texts_are_analysed() {
    let (mut texts, mut stored, mut notes, mut moods) = (0, 0, 0, 0);
    for made in COHORT.iter() {
        for event in events(made) {
            if let EventKind::Mood { notes: note, .. } = &event.kind {
                moods += 1;
                notes += usize::from(note.is_some());
            }
        }
        let read = match profile(made).consents {
            StatedConsents::Given(given) => given.scoring && given.text_analysis,
            _ => true,
        };
        if read {
            texts += events(made)
                .filter(|event| own_text(&event.kind).is_some())
                .count();
            stored += made
                .items
                .iter()
                .filter(|item| matches!(item, AppItem::Sentiment(_)))
                .count();
        }
    }
    assert_share("stored sentiments", stored, texts, 0.96..=0.98);
    assert_share("notes", notes, moods, 0.58..=0.62);
}

#[test]
fn texts_are_short_varied_and_rarely_explicit() {
    let (mut seen, mut lengths, mut explicit) = (HashSet::new(), Vec::new(), 0);
    for made in COHORT.iter() {
        let zone = zone(made);
        explicit += made.truth.explicit_texts.len();
        let named: HashSet<_> = made.truth.explicit_texts.iter().collect();
        for event in events(made) {
            let Some(text) = own_text(&event.kind) else {
                continue;
            };
            lengths.push(text.as_str().chars().count());
            seen.insert(text.as_str());
            let date = zone.to_datetime(event.at).date();
            assert!(!named.contains(&event.sk) || made.truth.in_crisis(date));
            assert!(!text.as_str().contains(['{', '}']), "{}", text.as_str());
        }
    }
    println!("{} texts, {} of them different", lengths.len(), seen.len());
    assert!(lengths.iter().all(|length| (15..=110).contains(length)));
    let usual = lengths
        .iter()
        .filter(|length| (20..=90).contains(*length))
        .count();
    assert_share(
        "texts of 20 to 90 characters",
        usual,
        lengths.len(),
        0.98..=1.0,
    );
    assert!(seen.len() > 15_000, "{}", seen.len());
    assert_share("explicit texts", explicit, lengths.len(), 0.000_1..=0.002);
}

#[test]
fn an_active_user_leaves_about_three_events_a_day() {
    let since = end() - SignedDuration::from_hours(35 * 24);
    let week = end() - SignedDuration::from_hours(7 * 24);
    let active: Vec<_> = COHORT
        .iter()
        .filter(|made| events(made).any(|event| event.at > week))
        .filter(|made| profile(made).created_at.unwrap() < since)
        .collect();
    let recent = |made: &SyntheticUser, of: fn(&Event) -> bool| {
        events(made)
            .filter(|event| event.at > since && of(event))
            .count() as f64
    };
    let all = mean(active.iter().map(|made| recent(made, |_| true)));
    let texts = mean(
        active
            .iter()
            .map(|made| recent(made, |event| own_text(&event.kind).is_some())),
    );
    println!("35 days: {all:.1} events, {texts:.1} texts");
    assert!(
        (90.0..=115.0).contains(&all) && (35.0..=50.0).contains(&texts),
        "{all} {texts}"
    );
}

#[test]
fn about_one_in_seven_was_not_active_in_the_last_week() {
    let week = end() - SignedDuration::from_hours(7 * 24);
    let inactive = |made: &SyntheticUser| {
        !events(made).any(|event| {
            let agent = matches!(
                event.kind,
                EventKind::Chat {
                    author: Author::Agent,
                    ..
                }
            );
            event.at > week && !agent
        })
    };
    share_of_users("inactive", inactive, 0.12..=0.18);
}

#[test]
fn consents_are_as_rare_as_they_should_be() {
    let given = |made: &SyntheticUser| match profile(made).consents {
        StatedConsents::Given(given) => Some(given),
        _ => None,
    };
    share_of_users("legacy", |made| given(made).is_none(), 0.09..=0.15);
    let refused = |of: fn(mindmate_domain::consent::Consents) -> bool| {
        move |made: &SyntheticUser| given(made).is_some_and(|given| !of(given))
    };
    share_of_users("no scoring", refused(|given| given.scoring), 0.015..=0.04);
    share_of_users(
        "no text analysis",
        refused(|given| given.text_analysis),
        0.03..=0.06,
    );
    share_of_users("no outreach", refused(|given| given.outreach), 0.02..=0.055);
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
