//! The sentiment family, worked out by hand.

use mindmate_domain::CrisisCategory;
use mindmate_domain::Feature::*;
use mindmate_domain::app::SentimentLabel::{Mixed, Negative, Neutral, Positive};
use mindmate_domain::feature::Family;
use mindmate_features::{TextReading, TextReadings};
use mindmate_language::TextFacts;

use super::Case;
use crate::support::{Diary, NO_DATA, UNAVAILABLE, felt, read, text, too_few, value};

const OF_THE_ANALYSER: [mindmate_domain::Feature; 11] = [
    SentimentTrend7Day,
    SentimentTrend30Day,
    NegativeSentimentFrequency,
    PositiveSentimentFrequency,
    NeutralSentimentFrequency,
    MixedSentimentFrequency,
    AvgNegativeScore,
    AvgPositiveScore,
    AvgNeutralScore,
    SentimentVolatility,
    HopelessnessScore,
];

pub(crate) fn cases() -> Vec<Case> {
    vec![
        analysed(),
        keywords(),
        many_keywords(),
        none_analysed(),
        one_analysed(),
        older_analysed_only(),
        close_together(),
        no_texts(),
        not_read("no consent", TextReadings::NotConsented),
        not_read("a failed reading", TextReadings::Failed),
    ]
}

fn analysed() -> Case {
    let texts = vec![
        felt("04-01 12:00", Positive, [0.7, 0.1, 0.2]),
        felt("04-15 12:00", Neutral, [0.3, 0.2, 0.5]),
        felt("04-16 12:00", Mixed, [0.1, 0.4, 0.1]),
        // Left out of numerator and denominator:
        text("04-17 12:00"),
        felt("04-18 12:00", Negative, [0.1, 0.9, 0.0]),
    ];
    Case::new("analysed", &Diary::new())
        .texts(read(texts))
        // 7 days: t = 0, 1, 3 (mean 4/3); 0.2, 0.4, 0.9 (mean 0.5).
        // Sxx = (16 + 1 + 25) / 9 = 14/3; Sxy = 0.4 + 0.1/3 + 2/3 = 1.1.
        .is(SentimentTrend7Day, value(1.1 * 3.0 / 14.0))
        // 30 days: t = 0, 14, 15, 17 (mean 11.5); 0.1, 0.2, 0.4, 0.9 (mean 0.4).
        // Sxx = 132.25 + 6.25 + 12.25 + 30.25 = 181
        // Sxy = (−11.5)(−0.3) + 2.5(−0.2) + 3.5 · 0 + 5.5 · 0.5 = 3.45 − 0.5 + 2.75 = 5.7
        .is(SentimentTrend30Day, value(5.7 / 181.0))
        .are(
            &[
                NegativeSentimentFrequency,
                PositiveSentimentFrequency,
                NeutralSentimentFrequency,
                MixedSentimentFrequency,
            ],
            value(0.25),
        )
        .is(AvgNegativeScore, value(0.4))
        .is(AvgPositiveScore, value(0.3))
        .is(AvgNeutralScore, value(0.2))
        // |0.1|, |0.2|, |0.5| over 3.
        .is(SentimentVolatility, value(0.8 / 3.0))
        .is(TotalMessagesAnalyzed, value(5.0))
        .is(HopelessnessScore, value(0.24))
}

fn with(mut text: TextReading, facts: TextFacts) -> TextReading {
    text.facts = facts;
    text
}

fn keywords() -> Case {
    let despair = TextFacts { despair_hits: 2, isolation_hits: 3, ..TextFacts::default() };
    let crisis = TextFacts {
        despair_hits: 1,
        crisis: Some(CrisisCategory::PassiveIdeation),
        ..TextFacts::default()
    };
    let texts = vec![
        with(felt("04-01 12:00", Negative, [0.1, 0.5, 0.4]), despair),
        with(text("04-02 12:00"), crisis),
    ];
    Case::new("keywords", &Diary::new())
        .texts(read(texts))
        .is(DespairKeywords, value(3.0))
        .is(IsolationKeywords, value(3.0))
        .is(CrisisKeywords, value(1.0))
        // 0.6 · 0.5 + 0.4 · 3/5: keywords count in texts that are not analysed too.
        .is(HopelessnessScore, value(0.54))
}

fn many_keywords() -> Case {
    let despair = TextFacts { despair_hits: 9, ..TextFacts::default() };
    let texts = vec![with(felt("04-01 12:00", Negative, [0.0, 1.0, 0.0]), despair)];
    Case::new("many keywords", &Diary::new())
        .texts(read(texts))
        // Five count in full, more do not count more.
        .is(HopelessnessScore, value(1.0))
}

fn none_analysed() -> Case {
    Case::new("none analysed", &Diary::new())
        .texts(read(vec![text("04-18 12:00")]))
        .are(&OF_THE_ANALYSER, UNAVAILABLE)
        .are(&[DespairKeywords, IsolationKeywords, CrisisKeywords], value(0.0))
        .is(TotalMessagesAnalyzed, value(1.0))
}

fn one_analysed() -> Case {
    Case::new("one analysed", &Diary::new())
        .texts(read(vec![text("04-17 12:00"), felt("04-18 12:00", Neutral, [0.1, 0.2, 0.7])]))
        .are(&[SentimentTrend7Day, SentimentTrend30Day, SentimentVolatility], too_few(1, 2))
        .is(NeutralSentimentFrequency, value(1.0))
        .is(NegativeSentimentFrequency, value(0.0))
}

fn older_analysed_only() -> Case {
    // The week has a text, and none in it is analysed, though the month has an analysed one.
    Case::new("older analysed only", &Diary::new())
        .texts(read(vec![felt("04-01 12:00", Neutral, [0.1, 0.2, 0.7]), text("04-18 12:00")]))
        .is(SentimentTrend7Day, UNAVAILABLE)
        .is(SentimentTrend30Day, too_few(1, 2))
}

fn close_together() -> Case {
    let texts = vec![
        felt("04-18 00:00", Neutral, [0.1, 0.2, 0.7]),
        felt("04-18 05:30", Neutral, [0.1, 0.4, 0.5]),
    ];
    Case::new("close together", &Diary::new())
        .texts(read(texts))
        .are(&[SentimentTrend7Day, SentimentTrend30Day], too_few(5, 24))
        .is(SentimentVolatility, value(0.2))
}

fn no_texts() -> Case {
    Case::new("no texts", &Diary::new())
        .are(&OF_THE_ANALYSER, NO_DATA)
        .are(&[DespairKeywords, IsolationKeywords, CrisisKeywords], value(0.0))
        .is(TotalMessagesAnalyzed, value(0.0))
}

fn not_read(name: &'static str, texts: TextReadings) -> Case {
    let all: Vec<_> = Family::Sentiment.features().collect();
    Case::new(name, &Diary::new()).texts(texts).are(&all, UNAVAILABLE)
}
