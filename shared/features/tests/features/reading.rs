//! Reading texts, and what is missing where they are not read.

use mindmate_domain::app::SentimentLabel::Neutral;
use mindmate_domain::assessment::{MissingPart, PartCause};
use mindmate_domain::feature::Family;
use mindmate_domain::{CrisisCategory, CrisisCheck, Feature, FeatureValue, MissingReason};
use mindmate_features::{TextReadings, extract, read_texts};
use mindmate_language::Lexicons;

use crate::support::{Diary, at, felt, read, text};

fn lexicons() -> Lexicons {
    Lexicons::built_in().expect("the lexicons are compiled in")
}

const NO_PARTS: [MissingPart; 0] = [];

fn parts(cause: PartCause) -> [MissingPart; 1] {
    [MissingPart { family: Family::Sentiment, cause }]
}

/// Features that are made from texts, in whichever family.
fn of_texts() -> impl Iterator<Item = Feature> {
    Feature::ALL.into_iter().filter(|feature| feature.reads_texts())
}

#[test]
fn each_text_is_read_with_its_characters_and_its_words() {
    // "¡" and "é" are one character each; an emoji of two scalar values is two.
    let diary = Diary::new().chat("04-18 12:00", "¡Café! 👍🏽").chat("04-19 12:00", "one two three");
    let TextReadings::Read { lexicon, texts } = read_texts(&diary.history(), &lexicons()) else {
        panic!("the texts were to be read");
    };
    assert!(lexicon);
    assert_eq!(
        texts.iter().map(|text| text.at).collect::<Vec<_>>(),
        [at("04-18 12:00"), at("04-19 12:00"),]
    );
    assert_eq!(texts.iter().map(|text| text.characters).collect::<Vec<_>>(), [9, 13]);
    assert_eq!(texts.iter().map(|text| text.facts.words).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn crisis_language_is_gathered_over_the_whole_history() {
    let diary = Diary::new()
        .chat("03-18 12:00", "I want to kill myself")
        .chat("04-18 12:00", "a walk in the sun");
    let readings = read_texts(&diary.history(), &lexicons());
    let CrisisCheck::Read { signals } = readings.crisis_check() else {
        panic!("the texts were to be read");
    };
    assert_eq!(signals.len(), 1);
    assert_eq!(signals[0].category, CrisisCategory::ActiveIdeation);
    assert_eq!(signals[0].at, at("03-18 12:00"));
}

#[test]
fn without_a_list_for_the_language_crisis_language_is_still_looked_for() {
    let mut diary = Diary::new().chat("04-18 12:00", "I want to kill myself");
    diary.profile.locale = Some("fr-FR".to_owned());
    let readings = read_texts(&diary.history(), &lexicons());
    let TextReadings::Read { lexicon, texts } = &readings else {
        panic!("the texts were to be read");
    };
    assert!(!lexicon);
    assert_eq!(texts[0].facts.words, 0);
    assert_eq!(texts[0].facts.crisis, Some(CrisisCategory::ActiveIdeation));
    assert_eq!(readings.crisis_check().signals().len(), 1);
    let features = extract(&diary.history(), &readings).features;
    let keywords = features.get(Feature::CrisisKeywords);
    assert_eq!(keywords, FeatureValue::Missing(MissingReason::Unavailable));
    assert_eq!(features.get(Feature::AvgMessageLength), FeatureValue::Value(21.0));
}

#[test]
fn without_consent_no_text_is_read_and_every_feature_of_texts_is_unavailable() {
    let diary = Diary::new()
        .chat("04-18 12:00", "I want to kill myself")
        .mood("04-18 13:00", 4.0)
        .without_text_consent();
    let history = diary.history();
    let readings = read_texts(&history, &lexicons());
    assert_eq!(readings, TextReadings::NotConsented);
    assert_eq!(readings.crisis_check(), CrisisCheck::NotConsented);
    let extraction = extract(&history, &readings);
    assert_eq!(extraction.missing_parts, parts(PartCause::NotConsented));
    for feature in Feature::ALL {
        let value = extraction.features.get(feature);
        let unavailable = value == FeatureValue::Missing(MissingReason::Unavailable);
        assert_eq!(unavailable, feature.reads_texts(), "{feature}");
    }
    // That the person wrote is known, though not what.
    assert_eq!(extraction.features.get(Feature::TotalInteractions), FeatureValue::Value(2.0));
}

#[test]
fn a_failed_reading_is_a_failed_part() {
    let history = Diary::new().mood("04-18 13:00", 4.0).history();
    let extraction = extract(&history, &TextReadings::Failed);
    assert_eq!(extraction.missing_parts, parts(PartCause::ExtractorFailed));
    for feature in of_texts() {
        let value = extraction.features.get(feature);
        assert_eq!(value, FeatureValue::Missing(MissingReason::Unavailable), "{feature}");
    }
    assert_eq!(extraction.features.get(Feature::MoodMean7Day), FeatureValue::Value(4.0));
}

#[test]
fn texts_of_which_none_is_analysed_are_a_missing_part() {
    let history = Diary::new().history();
    let parts_of = |texts| extract(&history, &read(texts)).missing_parts;
    assert_eq!(parts_of(Vec::new()), NO_PARTS);
    assert_eq!(parts_of(vec![text("04-18 12:00")]), parts(PartCause::NotAnalysed));
    let analysed = felt("04-17 12:00", Neutral, [0.1, 0.1, 0.8]);
    assert_eq!(parts_of(vec![analysed, text("04-18 12:00")]), NO_PARTS);
    // A text outside the 30 days asks for no analysis.
    assert_eq!(parts_of(vec![text("03-19 12:00")]), NO_PARTS);
}
