//! Progress on long work, on standard error; hidden where that is no terminal.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use mindmate_domain::StageName;
use mindmate_host::local::Observer;
use mindmate_pipeline::Disposition;

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A bar over the bytes of a file.
pub(crate) fn bytes(length: u64, what: &'static str) -> ProgressBar {
    let template = "{prefix:>18} [{bar:32}] {bytes} of {total_bytes} {eta}";
    ProgressBar::new(length).with_style(style(template)).with_prefix(what)
}

/// A bar over things that are counted.
pub(crate) fn count(length: u64, what: &'static str) -> ProgressBar {
    let template = "{prefix:>18} [{bar:32}] {human_pos} of {human_len} {per_sec} {eta}";
    ProgressBar::new(length).with_style(style(template)).with_prefix(what)
}

/// How many of things there were so far, of which nobody knows how many there are.
pub(crate) fn seen(what: &'static str) -> ProgressBar {
    let template = "{prefix:>18} {human_pos} {per_sec}";
    ProgressBar::no_length().with_style(style(template)).with_prefix(what)
}

/// A bar over steps, with a word on where they are.
pub(crate) fn steps(length: u64, what: &'static str) -> ProgressBar {
    let template = "{prefix:>18} [{bar:32}] {msg} {eta}";
    ProgressBar::new(length).with_style(style(template)).with_prefix(what)
}

/// A bar for each stage of a run.
pub(crate) struct StageBars {
    all: MultiProgress,
    bars: BTreeMap<StageName, ProgressBar>,
    retried: AtomicU64,
}

impl StageBars {
    pub(crate) fn new(stages: &[StageName]) -> Self {
        let all = MultiProgress::new();
        let template = "{prefix:>18} [{bar:32}] {human_pos} of {human_len} {msg}";
        let bars = stages
            .iter()
            .map(|&stage| {
                let bar = all.add(ProgressBar::new(0).with_style(style(template)));
                bar.set_prefix(stage.name());
                bar.enable_steady_tick(Duration::from_millis(100));
                (stage, bar)
            })
            .collect();
        Self { all, bars, retried: AtomicU64::new(0) }
    }

    /// How much there is to do for a stage, as far as is known yet.
    pub(crate) fn expect(&self, stage: StageName, length: u64) {
        if let Some(bar) = self.bars.get(&stage) {
            bar.set_length(length);
        }
    }

    /// Where a stage stands, for who only sees what the ledger says.
    pub(crate) fn stand(&self, stage: StageName, position: u64, length: u64) {
        self.expect(stage, length);
        if let Some(bar) = self.bars.get(&stage) {
            bar.set_position(position);
        }
    }

    /// Whether anybody sees them.
    pub(crate) fn are_hidden(&self) -> bool {
        self.all.is_hidden()
    }

    /// Takes the bars away.
    pub(crate) fn finish(&self) {
        for bar in self.bars.values() {
            bar.finish_and_clear();
        }
    }

    /// How many deliveries were tried again.
    pub(crate) fn retried(&self) -> u64 {
        self.retried.load(Ordering::Relaxed)
    }
}

impl Observer for StageBars {
    fn ended(&self, stage: StageName, disposition: &Disposition) {
        if matches!(disposition, Disposition::Retry { .. } | Disposition::Wait { .. }) {
            self.retried.fetch_add(1, Ordering::Relaxed);
        } else if let Some(bar) = self.bars.get(&stage) {
            bar.inc(1);
        }
    }
}
