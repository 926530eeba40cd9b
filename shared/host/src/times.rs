//! How long deliveries took, stage by stage.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use mindmate_domain::StageName;
use serde::{Deserialize, Serialize};

/// Significant digits of the histograms.
const DIGITS: u8 = 3;

/// Times of every stage.
#[derive(Debug, Default)]
pub struct StageTimes(Mutex<BTreeMap<StageName, Histogram<u64>>>);

/// The times of one stage's deliveries, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Times {
    /// How many deliveries.
    pub deliveries: u64,
    /// Half of them took no longer.
    pub p50_us: u64,
    /// 99 of 100 took no longer.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
}

impl StageTimes {
    /// Takes one delivery.
    pub fn record(&self, stage: StageName, took: Duration) {
        let mut stages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let std::collections::btree_map::Entry::Vacant(entry) = stages.entry(stage)
            && let Ok(histogram) = Histogram::new(DIGITS)
        {
            entry.insert(histogram);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(histogram) = stages.get_mut(&stage)
            && let Err(error) = histogram.record(micros)
        {
            tracing::warn!(%stage, %error, "a delivery's time was not taken");
        }
    }

    /// What was taken so far, in microseconds, whole: for who asks for other quantiles.
    pub fn histograms(&self) -> BTreeMap<StageName, Histogram<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was taken so far.
    pub fn all(&self) -> BTreeMap<StageName, Times> {
        let stages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stages.iter().map(|(stage, histogram)| (*stage, times(histogram))).collect()
    }
}

fn times(histogram: &Histogram<u64>) -> Times {
    Times {
        deliveries: histogram.len(),
        p50_us: histogram.value_at_quantile(0.5),
        p99_us: histogram.value_at_quantile(0.99),
        max_us: histogram.max(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_usual_from_the_longest() {
        let times = StageTimes::default();
        for millis in 1..=100 {
            times.record(StageName::Scoring, Duration::from_millis(millis));
        }
        let of = times.all()[&StageName::Scoring];
        assert_eq!(of.deliveries, 100);
        // Three significant digits.
        assert!((49_900..=50_100).contains(&of.p50_us), "{of:?}");
        assert!((98_900..=99_100).contains(&of.p99_us), "{of:?}");
        assert!((99_900..=100_100).contains(&of.max_us), "{of:?}");
    }
}
