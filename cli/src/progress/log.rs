//! Progress where no terminal shows it: a line now and then among the other lines of a log.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::TermLike;
use jiff::Timestamp;
use mindmate_pipeline::{Clock as _, SystemClock};

/// Wide enough that no bar is cut off.
const WIDTH: u16 = 400;

/// What bars draw, as one line for each span of time. What takes less than one span leaves no line.
#[derive(Debug)]
pub(super) struct LogLines<W> {
    every: Duration,
    state: Mutex<State<W>>,
}

#[derive(Debug)]
struct State<W> {
    out: W,
    /// The bars of this drawing.
    drawn: Vec<String>,
    last: Timestamp,
}

impl<W> LogLines<W> {
    pub(super) fn new(out: W, every: Duration) -> Self {
        let state = State { out, drawn: Vec::new(), last: SystemClock.now() };
        Self { every, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A log has no cursor: of all that a drawing does, its words alone count.
impl<W: Write + std::fmt::Debug + Send> TermLike for LogLines<W> {
    fn width(&self) -> u16 {
        WIDTH
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        let text = text.trim();
        if !text.is_empty() {
            self.state().drawn.push(text.to_owned());
        }
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let mut state = self.state();
        let drawn = std::mem::take(&mut state.drawn);
        let now = SystemClock.now();
        if drawn.is_empty() || now.duration_since(state.last).unsigned_abs() < self.every {
            return Ok(());
        }
        state.last = now;
        // One write, so that no other line comes in between.
        let line = format!("{}\n", drawn.join("; "));
        state.out.write_all(line.as_bytes())?;
        state.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Log {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn target(log: &Log, every: Duration) -> ProgressDrawTarget {
        ProgressDrawTarget::term_like(Box::new(LogLines::new(log.clone(), every)))
    }

    fn bar(what: &'static str) -> ProgressBar {
        let style =
            ProgressStyle::with_template("{prefix:>18} {human_pos} of {human_len}").unwrap();
        ProgressBar::new(1_000).with_style(style).with_prefix(what)
    }

    #[test]
    fn bars_that_are_drawn_together_are_one_line() {
        let log = Log::default();
        let all = MultiProgress::with_draw_target(target(&log, Duration::ZERO));
        let (first, second) = (all.add(bar("fan-out")), all.add(bar("scoring")));
        first.set_position(64);
        second.set_position(10);
        second.tick();
        first.finish_and_clear();
        second.finish_and_clear();
        let text = log.text();
        assert!(text.contains("fan-out 64 of 1,000; scoring 10 of 1,000\n"), "{text:?}");
        assert!(text.lines().all(|line| !line.trim().is_empty()), "{text:?}");
    }

    #[test]
    fn a_span_of_time_has_one_line_at_most() {
        let log = Log::default();
        let bar = bar("users");
        bar.set_draw_target(target(&log, Duration::from_hours(1)));
        for _ in 0..1_000 {
            bar.inc(1);
            bar.tick();
        }
        bar.finish_and_clear();
        assert_eq!(log.text(), "");
    }
}
