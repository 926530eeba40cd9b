//! Runs a handler under its deadline, with its panics caught.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{Either, select};

use crate::clock::Clock;

/// How work ended, if not by itself.
#[derive(Debug, thiserror::Error)]
pub enum Cut {
    /// It took longer than it may.
    #[error("expected it to end in time, and it did not")]
    TimedOut,
    /// It panicked, with this message, which quotes nothing.
    #[error("it panicked: {0}")]
    Panicked(String),
}

/// Runs `work` for at most `limit`.
///
/// The work is dropped where it stands when its time is up or when it panics: it holds nothing
/// but its own message, so that no state of ours is seen half-changed.
///
/// # Errors
/// [`Cut`], where the work did not end by itself.
pub async fn within<T>(
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

/// What the panic said, if it said something that stands in the code.
///
/// A formatted message is withheld: a slice that misses a character's bounds, for one, quotes the
/// text that it was taken of, and that may be a diary. The host's log says where it happened.
fn words(panic: &(dyn Any + Send)) -> String {
    match panic.downcast_ref::<&'static str>() {
        Some(literal) => (*literal).chars().take(200).collect(),
        None => "with a formatted message, which is withheld".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    async fn panic_of(work: impl Future<Output = ()>) -> String {
        match within(&SystemClock, Duration::from_mins(1), work).await {
            Err(Cut::Panicked(words)) => words,
            other => panic!("expected a panic, found {other:?}"),
        }
    }

    /// Safety 17
    #[test]
    fn a_panic_that_quotes_a_text_does_not_reach_the_dead_letter() {
        let text = String::from("canaryé");
        let quoted = futures::executor::block_on(panic_of(async move {
            assert_eq!(&text[..7], "");
        }));
        assert!(!quoted.contains("canary"), "{quoted}");
        let literal = futures::executor::block_on(panic_of(async { panic!("no weights") }));
        assert_eq!(literal, "no weights");
    }
}
