use mindmate_domain::app::{AppItem, Event, EventKind, Profile};
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::quality::DataQuality;
use mindmate_domain::{Consents, Feature, FeatureValue, UserId};

use super::*;

static AVAILABLE_TEXTS: TextReadings = TextReadings::Read { lexicon: true, texts: Vec::new() };

fn history() -> History {
    let as_of = "2025-04-20T06:00:00Z".parse().unwrap();
    let given = Consents { scoring: true, text_analysis: true, ..Consents::NONE };
    let profile = Profile { consents: StatedConsents::Given(given), ..Profile::default() };
    let kind = EventKind::Mood { mood: 5.0, notes: None, tags: Vec::new() };
    let at = "2025-04-18T06:00:00Z".parse().unwrap();
    let mood = Event { at, sk: "MOOD#1".to_owned(), kind };
    let items = [AppItem::Profile(Box::new(profile)), AppItem::Event(mood)];
    History::assemble(UserId::new("u1").unwrap(), as_of, items, DataQuality::default(), given)
}

fn breaks_half_way(_: &Context<'_>, out: &mut FeatureVector) {
    for feature in Feature::ALL {
        out.set(feature, FeatureValue::Value(99.0));
    }
    panic!("half of the features are set");
}

/// R1.7
#[test]
fn a_family_that_fails_is_unavailable_and_the_others_go_on() {
    let history = history();
    let whole = extract(&history, &AVAILABLE_TEXTS);
    assert_eq!(whole.missing_parts, []);
    for (failing, family) in Family::ALL.into_iter().enumerate() {
        let mut extractors = EXTRACTORS;
        extractors[failing].run = breaks_half_way;
        let partial = extract_with(&extractors, &history, &AVAILABLE_TEXTS);
        assert_eq!(partial.missing_parts, [part(family, PartCause::ExtractorFailed)]);
        for (feature, value) in partial.features.iter() {
            if feature.family() == family {
                assert_eq!(value, FeatureValue::Missing(MissingReason::Unavailable), "{feature}");
            } else {
                assert_eq!(value, whole.features.get(feature), "{feature}");
            }
        }
    }
}

/// R1.7
#[test]
fn where_all_families_fail_all_are_named_and_nothing_has_a_value() {
    let extractors = EXTRACTORS.map(|extractor| Extractor { run: breaks_half_way, ..extractor });
    let nothing = extract_with(&extractors, &history(), &AVAILABLE_TEXTS);
    let expected = Family::ALL.map(|family| part(family, PartCause::ExtractorFailed));
    assert_eq!(nothing.missing_parts, expected);
    assert_eq!(nothing.features, FeatureVector::all_missing(MissingReason::Unavailable));
}

#[test]
fn a_failing_family_does_not_hide_that_there_is_no_consent() {
    let mut extractors = EXTRACTORS;
    extractors[2].run = breaks_half_way;
    let partial = extract_with(&extractors, &history(), &TextReadings::NotConsented);
    let causes = [PartCause::ExtractorFailed, PartCause::NotConsented];
    assert_eq!(partial.missing_parts, causes.map(|cause| part(Family::Sentiment, cause)));
}

#[test]
fn each_extractor_sets_each_feature_of_its_family_and_no_other() {
    const UNTOUCHED: MissingReason = MissingReason::TooFew { have: 998, need: 999 };
    let history = history();
    let context = Context::new(&history, &AVAILABLE_TEXTS);
    for Extractor { family, run } in EXTRACTORS {
        let mut out = FeatureVector::all_missing(UNTOUCHED);
        run(&context, &mut out);
        for (feature, value) in out.iter() {
            let touched = value != FeatureValue::Missing(UNTOUCHED);
            assert_eq!(touched, feature.family() == family, "{feature}");
        }
    }
}
