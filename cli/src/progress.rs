//! Progress on long work, on standard error: bars on a terminal, else a line a minute.

mod log;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use mindmate_domain::StageName;
use mindmate_pipeline::SystemClock;

use self::log::LogLines;

/// How often a log has a line of progress.
const A_LINE: Duration = Duration::from_mins(1);

/// How often bars are drawn that do not move: on a terminal smoothly, for a log so often that its line is not late.
const TICK: Duration = Duration::from_millis(100);
const TICK_OF_A_LOG: Duration = Duration::from_secs(1);

/// How often it is worth to look how far something is.
const LOOK: Duration = Duration::from_millis(250);
const LOOK_FOR_A_LOG: Duration = Duration::from_secs(15);

/// The part of a template that a log has no use for.
const BAR: &str = "[{bar:32}] ";

/// Whether bars can be drawn: not on a terminal that cannot move its cursor either.
fn is_on_terminal() -> bool {
    !ProgressDrawTarget::stderr().is_hidden()
}

fn target() -> ProgressDrawTarget {
    if is_on_terminal() {
        return ProgressDrawTarget::stderr();
    }
    let lines = LogLines::new(io::stderr(), A_LINE, Arc::new(SystemClock));
    ProgressDrawTarget::term_like_with_hz(Box::new(lines), 1)
}

fn style(words: &str, has_bar: bool) -> ProgressStyle {
    let bar = if has_bar { BAR } else { "" };
    let template = format!("{{prefix:>18}} {bar}{words}");
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn bar(length: Option<u64>, what: impl Into<Cow<'static, str>>, words: &str) -> ProgressBar {
    let on_terminal = is_on_terminal();
    let bar = ProgressBar::with_draw_target(length, target());
    let style = style(words, on_terminal && length.is_some());
    let bar = bar.with_style(style).with_prefix(what);
    if !on_terminal {
        bar.enable_steady_tick(TICK_OF_A_LOG);
    }
    bar
}

/// A bar over the bytes of a file.
pub(crate) fn bytes(length: u64, what: &'static str) -> ProgressBar {
    bar(Some(length), what, "{bytes} of {total_bytes} {eta}")
}

/// A bar over things that are counted.
pub(crate) fn count(length: u64, what: &'static str) -> ProgressBar {
    bar(Some(length), what, "{human_pos} of {human_len} {per_sec} {eta}")
}

/// A bar over things that are counted, with a word on what else there is to say.
pub(crate) fn told(length: u64, what: String) -> ProgressBar {
    bar(Some(length), what, "{human_pos} of {human_len} {per_sec} {msg}")
}

/// How many of things there were so far, of which nobody knows how many there are.
pub(crate) fn seen(what: &'static str) -> ProgressBar {
    bar(None, what, "{human_pos} {per_sec}")
}

/// A bar over steps, with a word on where they are.
pub(crate) fn steps(length: u64, what: &'static str) -> ProgressBar {
    bar(Some(length), what, "{msg} {eta}")
}

/// A bar for each stage of a run, placed by who looks at its ledger.
pub(crate) struct StageBars(BTreeMap<StageName, ProgressBar>);

impl StageBars {
    pub(crate) fn new(stages: &[StageName]) -> Self {
        let all = MultiProgress::with_draw_target(target());
        let on_terminal = is_on_terminal();
        let tick = if on_terminal { TICK } else { TICK_OF_A_LOG };
        let bar = |&stage: &StageName| {
            let style = style("{human_pos} of {human_len}", on_terminal);
            let bar = all.add(ProgressBar::new(0).with_style(style).with_prefix(stage.name()));
            bar.enable_steady_tick(tick);
            (stage, bar)
        };
        Self(stages.iter().map(bar).collect())
    }

    /// Where a stage stands, as far as is known yet.
    pub(crate) fn stand(&self, stage: StageName, position: u64, length: u64) {
        if let Some(bar) = self.0.get(&stage) {
            bar.set_length(length);
            bar.set_position(position);
        }
    }

    /// Takes the bars away.
    pub(crate) fn finish(&self) {
        for bar in self.0.values() {
            bar.finish_and_clear();
        }
    }

    /// Whether they are bars on a terminal, and no lines in a log.
    pub(crate) fn are_on_terminal() -> bool {
        is_on_terminal()
    }

    /// How often it is worth to look how far the stages are.
    pub(crate) fn look_every() -> Duration {
        if is_on_terminal() { LOOK } else { LOOK_FOR_A_LOG }
    }
}
