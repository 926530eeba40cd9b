//! Whether 2,000 users use the app as much, write as much and allow as much as the parameters say.

mod support;

use std::collections::HashSet;

use jiff::SignedDuration;
use mindmate_cohort::SyntheticUser;
use mindmate_domain::app::{AppItem, Author, Event, EventKind};
use mindmate_domain::consent::{Consents, StatedConsents};
use support::{COHORT, assert_share, end, events, mean, own_text, profile, zone};

fn share_of_users(
    what: &str,
    of: impl Fn(&SyntheticUser) -> bool,
    bounds: std::ops::RangeInclusive<f64>,
) {
    assert_share(what, COHORT.iter().filter(|made| of(made)).count(), COHORT.len(), bounds);
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
            texts += events(made).filter(|event| own_text(&event.kind).is_some()).count();
            stored +=
                made.items.iter().filter(|item| matches!(item, AppItem::Sentiment(_))).count();
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
    let usual = lengths.iter().filter(|length| (20..=90).contains(*length)).count();
    assert_share("texts of 20 to 90 characters", usual, lengths.len(), 0.98..=1.0);
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
        events(made).filter(|event| event.at > since && of(event)).count() as f64
    };
    let all = mean(active.iter().map(|made| recent(made, |_| true)));
    let texts =
        mean(active.iter().map(|made| recent(made, |event| own_text(&event.kind).is_some())));
    println!("35 days: {all:.1} events, {texts:.1} texts");
    assert!((90.0..=115.0).contains(&all) && (35.0..=50.0).contains(&texts), "{all} {texts}");
}

#[test]
fn about_one_in_seven_was_not_active_in_the_last_week() {
    let week = end() - SignedDuration::from_hours(7 * 24);
    let inactive = |made: &SyntheticUser| {
        !events(made).any(|event| {
            let agent = matches!(event.kind, EventKind::Chat { author: Author::Agent, .. });
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
    let refused = |of: fn(Consents) -> bool| {
        move |made: &SyntheticUser| given(made).is_some_and(|given| !of(given))
    };
    share_of_users("no scoring", refused(|given| given.scoring), 0.015..=0.04);
    share_of_users("no text analysis", refused(|given| given.text_analysis), 0.03..=0.06);
    share_of_users("no outreach", refused(|given| given.outreach), 0.02..=0.055);
}
