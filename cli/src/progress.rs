//! Progress on long work, on standard error: bars on a terminal, else a line a minute.

mod log;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use mindmate_domain::StageName;
use mindmate_host::local::Observer;
use mindmate_pipeline::Disposition;

use self::log::LogLines;

/// How often a log has a line of progress.
const A_LINE: Duration = Duration::from_mins(1);

/// How often it is worth to look how far something is, for bars and for lines.
const LOOKS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(15));

fn is_on_terminal() -> bool {
    io::stderr().is_terminal()
}

fn target() -> ProgressDrawTarget {
    if is_on_terminal() {
        return ProgressDrawTarget::stderr();
    }
    ProgressDrawTarget::term_like_with_hz(Box::new(LogLines::new(io::stderr(), A_LINE)), 1)
}

fn style(template: &str) -> ProgressStyle {
    let words = template.replace("[{bar:32}] ", "");
    let template = if is_on_terminal() { template } else { &words };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn bar(length: Option<u64>, what: impl Into<Cow<'static, str>>, template: &str) -> ProgressBar {
    ProgressBar::with_draw_target(length, target()).with_style(style(template)).with_prefix(what)
}

/// A bar over the bytes of a file.
pub(crate) fn bytes(length: u64, what: &'static str) -> ProgressBar {
    bar(Some(length), what, "{prefix:>18} [{bar:32}] {bytes} of {total_bytes} {eta}")
}

/// A bar over things that are counted.
pub(crate) fn count(length: u64, what: &'static str) -> ProgressBar {
    bar(Some(length), what, "{prefix:>18} [{bar:32}] {human_pos} of {human_len} {per_sec} {eta}")
}

/// A bar over things that are counted, with a word on what else there is to say.
pub(crate) fn told(length: u64, what: String) -> ProgressBar {
    bar(Some(length), what, "{prefix:>18} [{bar:32}] {human_pos} of {human_len} {per_sec} {msg}")
}

/// How many of things there were so far, of which nobody knows how many there are.
pub(crate) fn seen(what: &'static str) -> ProgressBar {
    bar(None, what, "{prefix:>18} {human_pos} {per_sec}")
}

/// A bar over steps, with a word on where they are.
pub(crate) fn steps(length: u64, what: &'static str) -> ProgressBar {
    bar(Some(length), what, "{prefix:>18} [{bar:32}] {msg} {eta}")
}

/// A bar for each stage of a run.
pub(crate) struct StageBars {
    bars: BTreeMap<StageName, ProgressBar>,
    retried: AtomicU64,
}

impl StageBars {
    pub(crate) fn new(stages: &[StageName]) -> Self {
        let all = MultiProgress::with_draw_target(target());
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
        Self { bars, retried: AtomicU64::new(0) }
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

    /// Takes the bars away.
    pub(crate) fn finish(&self) {
        for bar in self.bars.values() {
            bar.finish_and_clear();
        }
    }

    /// Whether they are bars on a terminal, and no lines in a log.
    pub(crate) fn are_on_terminal() -> bool {
        is_on_terminal()
    }

    /// How often it is worth to look how far the stages are.
    pub(crate) fn look_every() -> Duration {
        if is_on_terminal() { LOOKS.0 } else { LOOKS.1 }
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
