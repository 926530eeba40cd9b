//! What a run came to: the JSON file, from which the page and the comparison are made.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::bare::Bare;
use crate::scenario::Scenario;

/// A run of a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadResult {
    /// What was asked for.
    pub scenario: Scenario,
    /// Where the stages worked: `local` or `aws`.
    pub backend: String,
    /// When the first request was due.
    pub began_at: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// Whether it was built with optimisations.
    pub release: bool,
    /// From the first scheduled instant to the last outcome, in seconds.
    pub elapsed_seconds: f64,
    /// Assessed, skipped and dead-lettered a second of that time.
    pub users_a_second: f64,
    /// From the scheduled instant until the assessment's outcome was seen.
    pub assessment: Quantiles,
    /// From the scheduled instant until the delivery was seen.
    pub delivery: Quantiles,
    /// From the scheduled instant until the request was durably sent.
    pub sending: Quantiles,
    /// One delivery of each stage, from receipt to acknowledgement; empty where another process does
    /// the work.
    pub stages: BTreeMap<String, Quantiles>,
    /// What this process used.
    pub process: ProcessUse,
    /// The books at the end.
    pub ledger: LedgerCheck,
    /// What its parts cost bare, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bare: Option<Bare>,
    /// The limits of the scenario, and whether they were met.
    pub limits: Vec<Limit>,
    /// How it went.
    pub series: Vec<Sample>,
}

/// A distribution, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quantiles {
    /// How many were measured.
    pub count: u64,
    /// Half took no longer.
    pub p50_us: u64,
    /// 90 of 100.
    pub p90_us: u64,
    /// 99 of 100.
    pub p99_us: u64,
    /// 999 of 1,000.
    pub p999_us: u64,
    /// The longest.
    pub max_us: u64,
}

/// What this process used between the beginning and the end.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessUse {
    /// Processor time, the harness's own included, in seconds.
    pub cpu_seconds: f64,
    /// Of it, that of the thread that writes to the embedded file.
    pub writer_cpu_seconds: f64,
    /// Processor time for each request, in milliseconds.
    pub cpu_ms_a_request: f64,
    /// The most resident memory that was seen, in MiB.
    pub peak_rss_mib: f64,
}

/// The books at the end.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerCheck {
    /// Requests that were sent.
    pub sent: u64,
    /// Of these, assessed.
    pub assessed: u64,
    /// Left for a reason.
    pub skipped: u64,
    /// Dead-lettered: known by an outcome, or, of a body without a place in the run, by its lying in
    /// the dead-letter queue.
    pub dead_lettered: u64,
    /// Of nobody knows what became of it.
    pub missing: u64,
    /// Interventions that were asked for.
    pub interventions_asked: u64,
    /// Of these, it is known what became of them.
    pub interventions_answered: u64,
    /// Of these, in the chat.
    pub delivered: u64,
    /// Outcomes that said again what was known.
    pub repeated: u64,
    /// What keeps it from closing, in words; nothing where it closes.
    pub faults: Vec<String>,
    /// Some of those who are missing: by keyed hash and place.
    pub missing_named: Vec<String>,
}

impl LedgerCheck {
    /// Whether everything that was sent is accounted for.
    pub fn closes(&self) -> bool {
        self.faults.is_empty()
    }
}

/// A limit of the scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// Of what.
    pub what: String,
    /// The limit.
    pub limit: f64,
    /// What was measured.
    pub figure: f64,
    /// Whether it keeps to the limit.
    pub met: bool,
}

/// One look at the run on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// Seconds from the beginning.
    pub at: f64,
    /// Requests that were sent.
    pub sent: u64,
    /// Requests of which it is known what became of them.
    pub known: u64,
    /// Interventions in the chat.
    pub delivered: u64,
    /// Messages that wait in a queue or are worked on, by queue; without those that are empty.
    pub depths: BTreeMap<String, u64>,
    /// Dead letters of all queues.
    pub dead: u64,
    /// Processor time so far, in seconds.
    pub cpu_seconds: f64,
    /// Resident memory, in MiB.
    pub rss_mib: f64,
}

impl Quantiles {
    /// Those of a histogram of microseconds.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        let at =
            |quantile| if histogram.is_empty() { 0 } else { histogram.value_at_quantile(quantile) };
        Self {
            count: histogram.len(),
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            p999_us: at(0.999),
            max_us: histogram.max(),
        }
    }
}

impl LoadResult {
    /// Whether every limit of the scenario was met.
    pub fn meets_its_limits(&self) -> bool {
        self.limits.iter().all(|limit| limit.met)
    }

    /// Reads a result that was kept.
    ///
    /// # Errors
    /// A file that cannot be read or is no result.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the result {}", file.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is no result of mindmate-load", file.display()))
    }

    /// Keeps it.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        let json = serde_json::to_string_pretty(self)?;
        std::fs::write(file, json).with_context(|| format!("cannot write {}", file.display()))
    }
}
