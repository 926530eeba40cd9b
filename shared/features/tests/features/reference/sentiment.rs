//! The sentiment family by its definitions.

use jiff::Timestamp;
use mindmate_domain::Feature::{self, *};
use mindmate_domain::MissingReason;
use mindmate_domain::app::{Sentiment, SentimentLabel};

use super::{Answer, Seen, average, mean_step, of, trend};

pub(crate) fn feature(seen: &Seen<'_>, feature: Feature) -> Answer {
    let share = |label| {
        let found = analysed(seen, 30)?;
        let has: Vec<_> = found.iter().map(|s| f64::from(u8::from(s.1.label == label))).collect();
        of(&has, 1, average)
    };
    let scores = |days, score: fn(&Sentiment) -> f64| -> Result<Vec<f64>, MissingReason> {
        Ok(analysed(seen, days)?.iter().map(|found| score(&found.1)).collect())
    };
    let negative_trend = |days| {
        let found = analysed(seen, days)?;
        trend(&found.iter().map(|(at, s)| (*at, s.negative)).collect::<Vec<_>>())
    };
    match feature {
        SentimentTrend7Day => negative_trend(7),
        SentimentTrend30Day => negative_trend(30),
        NegativeSentimentFrequency => share(SentimentLabel::Negative),
        PositiveSentimentFrequency => share(SentimentLabel::Positive),
        NeutralSentimentFrequency => share(SentimentLabel::Neutral),
        MixedSentimentFrequency => share(SentimentLabel::Mixed),
        AvgNegativeScore => of(&scores(30, |s| s.negative)?, 1, average),
        AvgPositiveScore => of(&scores(30, |s| s.positive)?, 1, average),
        AvgNeutralScore => of(&scores(30, |s| s.neutral)?, 1, average),
        SentimentVolatility => of(&scores(30, |s| s.negative)?, 2, mean_step),
        DespairKeywords => hits(seen, |facts| facts.despair_hits),
        IsolationKeywords => hits(seen, |facts| facts.isolation_hits),
        CrisisKeywords => hits(seen, |facts| u32::from(facts.crisis.is_some())),
        HopelessnessScore => {
            let despair = hits(seen, |facts| facts.despair_hits)?;
            let negative = of(&scores(30, |s| s.negative)?, 1, average)?;
            Ok(0.6 * negative + 0.4 * if despair > 5.0 { 1.0 } else { despair / 5.0 })
        }
        TotalMessagesAnalyzed => Ok(seen.texts(30).ok_or(MissingReason::Unavailable)?.len() as f64),
        _ => unreachable!("{feature} is no feature of sentiment"),
    }
}

fn analysed(seen: &Seen<'_>, days: i64) -> Result<Vec<(Timestamp, Sentiment)>, MissingReason> {
    let texts = seen.texts(days).ok_or(MissingReason::Unavailable)?;
    let found: Vec<_> = texts.iter().filter_map(|t| t.sentiment.map(|s| (t.at, s))).collect();
    if found.is_empty() && !texts.is_empty() { Err(MissingReason::Unavailable) } else { Ok(found) }
}

fn hits(seen: &Seen<'_>, count: fn(&mindmate_language::TextFacts) -> u32) -> Answer {
    match seen.texts(30) {
        Some(texts) if seen.has_list() => {
            Ok(texts.iter().map(|text| f64::from(count(&text.facts))).sum())
        }
        _ => Err(MissingReason::Unavailable),
    }
}
