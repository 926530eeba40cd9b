//! Progress where no terminal shows it: a line now and then among the other lines of a log.

use std::fmt::Debug;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::TermLike;
use jiff::Timestamp;
use mindmate_pipeline::Clock;

/// Wide enough that no bar is cut off.
const WIDTH: u16 = 400;

/// What bars draw, as one line for each span of time. What takes less than one span leaves no line.
pub(super) struct LogLines<W> {
    every: Duration,
    clock: Arc<dyn Clock>,
    state: Mutex<State<W>>,
}

struct State<W> {
    out: W,
    /// The bars of this drawing.
    drawn: Vec<String>,
    last: Timestamp,
}

impl<W> LogLines<W> {
    pub(super) fn new(out: W, every: Duration, clock: Arc<dyn Clock>) -> Self {
        let state = State { out, drawn: Vec::new(), last: clock.now() };
        Self { every, clock, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W> Debug for LogLines<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogLines").field("every", &self.every).finish_non_exhaustive()
    }
}

/// A log has no cursor: of all that a drawing does, its words alone count.
impl<W: Write + Send> TermLike for LogLines<W> {
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
        let now = self.clock.now();
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
    use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};
    use mindmate_testkit::ManualClock;

    use super::super::style;
    use super::*;

    const SPAN: Duration = Duration::from_mins(1);

    #[derive(Clone, Default)]
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

    fn world() -> (Log, ManualClock, ProgressDrawTarget) {
        let log = Log::default();
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let lines = LogLines::new(log.clone(), SPAN, Arc::new(clock.clone()));
        (log, clock, ProgressDrawTarget::term_like(Box::new(lines)))
    }

    fn bar(what: &'static str) -> ProgressBar {
        let style = style("{human_pos} of {human_len}", false);
        ProgressBar::new(1_000).with_style(style).with_prefix(what)
    }

    #[test]
    fn bars_that_are_drawn_together_are_one_line() {
        let (log, clock, target) = world();
        let all = MultiProgress::with_draw_target(target);
        let (first, second) = (all.add(bar("fan-out")), all.add(bar("scoring")));
        first.set_position(64);
        second.set_position(10);
        clock.advance(SPAN);
        second.tick();
        first.finish_and_clear();
        second.finish_and_clear();
        assert_eq!(log.text(), "fan-out 64 of 1,000; scoring 10 of 1,000\n");
    }

    #[test]
    fn a_span_of_time_has_one_line_and_a_shorter_one_none() {
        let (log, clock, target) = world();
        let bar = bar("users");
        bar.set_draw_target(target);
        for second in 1..=150 {
            clock.advance(Duration::from_secs(1));
            bar.set_position(second);
            bar.tick();
        }
        bar.finish_and_clear();
        assert_eq!(log.text(), "users 60 of 1,000\nusers 120 of 1,000\n");
    }
}
