//! What holds for every user of every cohort.

mod support;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use mindmate_cohort::{CohortSpec, HORIZON_DAYS, Language};
use mindmate_domain::app::{AppItem, Author, EventKind, Sentiment, SentimentLabel};
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::history::{History, text_hash};
use mindmate_domain::instant::{AsOf, key_form};
use mindmate_domain::policy::Policy;
use mindmate_domain::quality::DataQuality;
use proptest::prelude::*;
use support::{end, events, key, own_text, profile, spec};

/// Seconds of 1990 to 2100, with milliseconds.
fn ends() -> impl Strategy<Value = Timestamp> {
    (631_152_000_000_i64..4_102_444_800_000)
        .prop_map(|millis| Timestamp::from_millisecond(millis).unwrap_or_default())
}

fn cohorts() -> impl Strategy<Value = (CohortSpec, u32)> {
    (1_u16..=200, any::<u64>(), ends(), 0_u32..10_000_000)
        .prop_map(|(days, seed, end, index)| (CohortSpec { users: 1, days, seed, end }, index))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 192,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn keys_are_unique_and_sorted((spec, index) in cohorts()) {
        let keys: Vec<_> = spec.user(index).items.iter().map(key).collect();
        for pair in keys.windows(2) {
            prop_assert!(pair[0] < pair[1], "{} before {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn every_instant_lies_in_the_diary((spec, index) in cohorts()) {
        let start = spec.end - SignedDuration::from_hours(i64::from(spec.days) * 24);
        let made = spec.user(index);
        let created = profile(&made).created_at.unwrap();
        prop_assert!(created <= spec.end);
        for event in events(&made) {
            prop_assert!(start < event.at && event.at <= spec.end);
            prop_assert!(created < event.at);
            if let EventKind::Activity { completed_at: Some(done), .. } = event.kind {
                prop_assert!(event.at < done && done <= spec.end);
            }
        }
    }

    #[test]
    fn keys_say_type_and_instant((spec, index) in cohorts()) {
        for event in events(&spec.user(index)) {
            let kind = match event.kind {
                EventKind::Mood { .. } => "MOOD",
                EventKind::Chat { .. } => "CHAT",
                EventKind::Selfie => "SELFIE",
                EventKind::Session { .. } => "SESSION",
                EventKind::Activity { .. } => "ACTIVITY",
            };
            prop_assert_eq!(&event.sk, &format!("{kind}#{}", key_form(event.at)));
            prop_assert_eq!(event.at.subsec_nanosecond() % 1_000_000, 0);
        }
    }

    #[test]
    fn moods_stay_on_the_scale_with_one_decimal((spec, index) in cohorts()) {
        let made = spec.user(index);
        for event in events(&made) {
            if let EventKind::Mood { mood, .. } = event.kind {
                prop_assert!((1.0..=10.0).contains(&mood), "{mood}");
                prop_assert_eq!(format!("{mood}").parse::<f64>(), format!("{mood:.1}").parse());
            }
        }
        for day in &made.truth.days {
            prop_assert!((1.0..=10.0).contains(&day.mood));
        }
    }

    #[test]
    fn sentiments_fit_their_texts((spec, index) in cohorts()) {
        let made = spec.user(index);
        let texts: HashMap<_, _> = events(&made)
            .filter_map(|event| Some((event.sk.clone(), text_hash(own_text(&event.kind)?))))
            .collect();
        for item in &made.items {
            if let AppItem::Sentiment(stored) = item {
                prop_assert_eq!(texts.get(&stored.text_sk), Some(&stored.text_hash));
                prop_assert_eq!(&stored.analyzer, "synthetic-cohort");
                check_scores(&stored.sentiment)?;
            }
        }
    }

    #[test]
    fn a_history_takes_every_item_without_a_defect((spec, index) in cohorts()) {
        let made = spec.user(index);
        let as_of = AsOf::new(spec.end).unwrap();
        let legacy = Policy::built_in().unwrap().legacy_consents;
        let quality = DataQuality::default();
        let history = History::assemble(made.user, as_of, made.items, quality, legacy);
        prop_assert!(history.quality.is_clean(), "{:?}", history.quality);
    }

    #[test]
    fn the_truth_covers_the_diary_and_the_coming_week((spec, index) in cohorts()) {
        let made = spec.user(index);
        let days = i64::try_from(made.truth.days.len()).unwrap();
        let least = i64::from(spec.days) + HORIZON_DAYS;
        prop_assert!((least..=least + 2).contains(&days), "{days} of {least}");
        for pair in made.truth.days.windows(2) {
            prop_assert_eq!(pair[0].date.tomorrow().unwrap(), pair[1].date);
        }
        for crisis in &made.truth.crises {
            prop_assert!(crisis.onset < crisis.nadir && crisis.nadir < crisis.nadir_until);
            prop_assert!(crisis.nadir_until < crisis.recovery);
        }
    }
}

fn check_scores(sentiment: &Sentiment) -> Result<(), TestCaseError> {
    let Sentiment { label, positive, negative, neutral, mixed } = *sentiment;
    let named = [
        (SentimentLabel::Positive, positive),
        (SentimentLabel::Negative, negative),
        (SentimentLabel::Neutral, neutral),
        (SentimentLabel::Mixed, mixed),
    ];
    let largest = named.iter().map(|(_, score)| *score).fold(0.0, f64::max);
    for (name, score) in named {
        prop_assert!((0.0..=1.0).contains(&score), "{score}");
        let steps = score * 10_000.0;
        prop_assert!((steps - steps.round()).abs() < 1e-8, "{score} has more than 4 decimals");
        prop_assert!(name != label || (score - largest).abs() < f64::EPSILON, "{sentiment:?}");
    }
    prop_assert!((positive + negative + neutral + mixed - 1.0).abs() < 1e-9);
    Ok(())
}

#[test]
fn profiles_agree_with_the_place_and_the_language() {
    for made in spec(400, 7, 5).users() {
        let (profile, truth) = (profile(&made), &made.truth);
        assert!(profile.timezone.as_deref().is_none_or(|zone| zone == truth.timezone));
        let locale = profile.locale.as_deref();
        match truth.language {
            Language::English => assert!(locale.is_none_or(|locale| locale.starts_with("en"))),
            Language::Spanish => assert!(locale.is_some_and(|locale| locale.starts_with("es"))),
        }
        if let (Some(locale), Some(country)) = (locale, profile.country.as_deref()) {
            assert!(locale.len() == 2 || locale.ends_with(country), "{locale} in {country}");
        }
    }
}

#[test]
fn no_sentiment_is_stored_without_consent_to_text_analysis() {
    let mut without = 0;
    for made in spec(300, 20, 5).users() {
        let StatedConsents::Given(given) = profile(&made).consents else {
            continue;
        };
        if !(given.text_analysis && given.scoring) {
            without += 1;
            assert!(!made.items.iter().any(|item| matches!(item, AppItem::Sentiment(_))));
        }
    }
    assert!(without >= 10, "{without}");
}

#[test]
fn the_companion_never_has_a_sentiment_and_answers_after_the_person() {
    let (mut replies, mut own) = (0, 0);
    for made in spec(60, 40, 8).users() {
        let mut asked: Option<Timestamp> = None;
        for event in events(&made) {
            match &event.kind {
                EventKind::Chat { author: Author::User, .. } => {
                    own += 1;
                    asked = Some(event.at);
                }
                EventKind::Chat { author: Author::Agent, .. } => {
                    replies += 1;
                    let waited = event.at.duration_since(asked.unwrap());
                    assert!(waited <= SignedDuration::from_secs(45), "{waited:?}");
                }
                _ => {}
            }
        }
    }
    assert!(replies > own / 2 && replies < own * 7 / 10, "{replies} of {own}");
}

#[test]
fn last_active_is_the_latest_event_of_their_own() {
    for made in spec(100, 30, 2).users() {
        let own = events(&made)
            .filter(|event| !matches!(event.kind, EventKind::Chat { author: Author::Agent, .. }))
            .map(|event| event.at)
            .max();
        assert_eq!(profile(&made).last_active_at, own);
        assert!(own.is_none_or(|at| at <= end()));
    }
}

#[test]
fn debug_shows_no_text_and_no_id() {
    let made = spec(1, 30, 2).user(0);
    let shown = format!("{made:?}");
    assert!(!shown.contains("syn-0000000"));
    for text in events(&made).filter_map(|event| own_text(&event.kind)) {
        assert!(!shown.contains(text.as_str()));
    }
}
