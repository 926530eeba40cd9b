//! Named places where a test may kill the process, to show that nothing is lost there.
//!
//! Without the feature `crash-points` there is no code here: [`point`] is empty.

/// All crash points, in the order in which a delivery passes them.
pub const POINTS: [&str; 9] = [
    "fan-out.before-page",
    "fan-out.after-page",
    "runner.before-handle",
    "runner.before-publish",
    "runner.after-publish",
    "scoring.after-assessment",
    "intervention.after-decision",
    "intervention.after-chat",
    "run-report.before-checkpoint",
];

/// Kills the process here, if a test has armed this point and its count has come.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub fn point(_name: &'static str) {}

#[cfg(feature = "crash-points")]
pub use armed::{arm, point};

#[cfg(feature = "crash-points")]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static ARMED: OnceLock<(String, AtomicU64)> = OnceLock::new();

    /// Arms a point: the process is killed the `nth` time (from 1) that it is passed.
    ///
    /// # Errors
    /// The name, where there is no such point or one is armed already.
    pub fn arm(name: &str, nth: u64) -> Result<(), String> {
        if !super::POINTS.contains(&name) {
            return Err(format!("expected one of {:?}, found {name}", super::POINTS));
        }
        ARMED.set((name.to_owned(), AtomicU64::new(nth))).map_err(|(name, _)| name)
    }

    /// Kills the process with SIGKILL here, if this point is armed and its count has come.
    pub fn point(name: &'static str) {
        if let Some((armed, left)) = ARMED.get()
            && armed == name
            && left.fetch_sub(1, Ordering::SeqCst) == 1
        {
            let own = rustix::process::getpid();
            if rustix::process::kill_process(own, rustix::process::Signal::KILL).is_ok() {
                // The signal is on its way; nothing more may happen on this thread.
                loop {
                    std::thread::park();
                }
            }
        }
    }
}
