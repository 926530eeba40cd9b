//! Runs a handler under its deadline, with its panics caught.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{Either, select};

use crate::clock::Clock;

/// How a handler ended, if not by itself.
#[derive(Debug)]
pub(crate) enum Cut {
    /// It took longer than it may.
    TimedOut,
    /// It panicked, with this message.
    Panicked(String),
}

/// Runs `work` for at most `limit`.
///
/// The work is dropped where it stands when its time is up or when it panics: it holds nothing
/// but its own message, so that no state of ours is seen half-changed.
pub(crate) async fn within<T>(
    clock: &dyn Clock,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<T, Cut> {
    let work = std::pin::pin!(AssertUnwindSafe(work).catch_unwind());
    match select(work, clock.sleep(limit)).await {
        Either::Left((Ok(done), _)) => Ok(done),
        Either::Left((Err(panic), _)) => Err(Cut::Panicked(words(panic.as_ref()))),
        Either::Right(_) => Err(Cut::TimedOut),
    }
}

/// What the panic said, cut to a length that a dead letter's attribute takes.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").chars().take(200).collect()
}
