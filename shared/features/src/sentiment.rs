//! The 15 features of texts and their stored sentiment.

use jiff::Timestamp;
use mindmate_domain::app::{Sentiment, SentimentLabel};
use mindmate_domain::{Feature, FeatureVector, MissingReason};

use crate::context::{Context, Dated, MONTH, WEEK};
use crate::outcome::{Outcome, count, entries, set};
use crate::stats::{mean, mean_absolute_successive_difference};
use crate::texts::TextReading;
use crate::trend::slope_per_day;

/// Weight of the mean negative score in hopelessness.
const HOPELESSNESS_OF_SCORE: f64 = 0.6;
/// Weight of despair keywords in hopelessness.
const HOPELESSNESS_OF_KEYWORDS: f64 = 0.4;
/// This many despair keywords count in full.
const DESPAIR_KEYWORDS_IN_FULL: f64 = 5.0;

/// Sets the sentiment family.
pub(crate) fn extract(cx: &Context<'_>, out: &mut FeatureVector) {
    let month = Analysed::of(cx, MONTH);
    let of_month = |statistic: &dyn Fn(&Analysed) -> Outcome| match &month {
        Ok(analysed) => statistic(analysed),
        Err(reason) => Err(*reason),
    };
    let share = |label| of_month(&|analysed| analysed.share(label));
    let average = |score: fn(&Sentiment) -> f64| of_month(&|analysed| analysed.average(score));
    let negative = average(|sentiment| sentiment.negative);
    let despair = keywords(cx, |text| text.facts.despair_hits);
    let outcomes = [
        (Feature::SentimentTrend7Day, Analysed::of(cx, WEEK).and_then(|week| week.trend())),
        (Feature::SentimentTrend30Day, of_month(&Analysed::trend)),
        (Feature::NegativeSentimentFrequency, share(SentimentLabel::Negative)),
        (Feature::PositiveSentimentFrequency, share(SentimentLabel::Positive)),
        (Feature::NeutralSentimentFrequency, share(SentimentLabel::Neutral)),
        (Feature::MixedSentimentFrequency, share(SentimentLabel::Mixed)),
        (Feature::AvgNegativeScore, negative),
        (Feature::AvgPositiveScore, average(|sentiment| sentiment.positive)),
        (Feature::AvgNeutralScore, average(|sentiment| sentiment.neutral)),
        (Feature::SentimentVolatility, of_month(&Analysed::volatility)),
        (Feature::DespairKeywords, despair),
        (Feature::IsolationKeywords, keywords(cx, |text| text.facts.isolation_hits)),
        (Feature::HopelessnessScore, hopelessness(negative, despair)),
        (Feature::CrisisKeywords, crisis_texts(cx)),
        (Feature::TotalMessagesAnalyzed, cx.texts(MONTH).and_then(|texts| count(texts.len()))),
    ];
    for (feature, outcome) in outcomes {
        set(out, feature, outcome);
    }
}

/// Whether there are texts and none of them is analysed.
pub(crate) fn none_is_analysed(texts: &[TextReading]) -> bool {
    !texts.is_empty() && texts.iter().all(|text| text.sentiment.is_none())
}

/// The analysed texts of a window, oldest first.
struct Analysed(Vec<(Timestamp, Sentiment)>);

impl Dated for (Timestamp, Sentiment) {
    fn at(&self) -> Timestamp {
        self.0
    }
}

impl Analysed {
    /// # Errors
    /// `Unavailable` where texts were not read, or where there are some and none is analysed.
    fn of(cx: &Context<'_>, days: i64) -> Result<Self, MissingReason> {
        let texts = cx.texts(days)?;
        if none_is_analysed(texts) {
            return Err(MissingReason::Unavailable);
        }
        let analysed = texts.iter().filter_map(|text| Some((text.at, text.sentiment?)));
        Ok(Self(analysed.collect()))
    }

    fn trend(&self) -> Outcome {
        slope_per_day(&self.0, |(_, sentiment)| sentiment.negative)
    }

    fn share(&self, label: SentimentLabel) -> Outcome {
        entries(self.0.len(), 1)?;
        let with_label = self.0.iter().filter(|(_, sentiment)| sentiment.label == label).count();
        Ok(with_label as f64 / self.0.len() as f64)
    }

    fn scores(&self, score: impl Fn(&Sentiment) -> f64) -> Vec<f64> {
        self.0.iter().map(|(_, sentiment)| score(sentiment)).collect()
    }

    fn average(&self, score: impl Fn(&Sentiment) -> f64) -> Outcome {
        entries(self.0.len(), 1)?;
        Ok(mean(&self.scores(score)))
    }

    fn volatility(&self) -> Outcome {
        entries(self.0.len(), 2)?;
        Ok(mean_absolute_successive_difference(&self.scores(|sentiment| sentiment.negative)))
    }
}

fn keywords(cx: &Context<'_>, hits: impl Fn(&TextReading) -> u32) -> Outcome {
    let texts = cx.listed_texts(MONTH)?;
    Ok(texts.iter().map(|text| f64::from(hits(text))).sum())
}

fn crisis_texts(cx: &Context<'_>) -> Outcome {
    count(cx.listed_texts(MONTH)?.iter().filter(|text| text.facts.crisis.is_some()).count())
}

fn hopelessness(negative: Outcome, despair: Outcome) -> Outcome {
    let keywords = (despair? / DESPAIR_KEYWORDS_IN_FULL).min(1.0);
    Ok(HOPELESSNESS_OF_SCORE * negative? + HOPELESSNESS_OF_KEYWORDS * keywords)
}
