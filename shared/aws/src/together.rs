//! Calls together for what waits while another call is on its way, as a database commits a group.
//!
//! Deliveries publish and settle one by one, each after its own work. Who comes first is called for
//! at once; who comes while that call runs waits for it and goes with all others that came. So
//! nobody waits longer than a call, and the busier the consumer, the fewer calls a message costs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mindmate_pipeline::{PortError, PortResult};
use tokio::sync::oneshot;

/// Things of one kind, for one queue, stream or language, on their way; and what is answered of
/// each.
pub(crate) struct Together<T, R = ()> {
    waiting: Mutex<Vec<Waiting<T, R>>>,
    /// Held by whoever calls.
    turn: tokio::sync::Mutex<()>,
}

/// Things that were given together, and who waits for what becomes of them.
struct Waiting<T, R> {
    things: Vec<T>,
    answer: oneshot::Sender<Vec<PortResult<R>>>,
}

impl<T, R> Default for Together<T, R> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }
}

impl<T, R> Together<T, R> {
    /// Calls with `call`, which gives a result for each thing, in order.
    pub(crate) async fn call<F>(
        &self,
        things: Vec<T>,
        call: impl FnOnce(Vec<T>) -> F,
    ) -> Vec<PortResult<R>>
    where
        F: Future<Output = Vec<PortResult<R>>>,
    {
        let count = things.len();
        let (answer, mut answered) = oneshot::channel();
        self.waiting().push(Waiting { things, answer });
        let turn = self.turn.lock().await;
        if let Ok(results) = answered.try_recv() {
            return results;
        }
        let (mut batch, mut askers) = (Vec::new(), Vec::new());
        for waiting in std::mem::take(&mut *self.waiting()) {
            // Cut off while it waited: in a function that Lambda froze, long ago.
            if waiting.answer.is_closed() {
                continue;
            }
            askers.push((waiting.things.len(), waiting.answer));
            batch.extend(waiting.things);
        }
        let mut results = call(batch).await.into_iter();
        for (count, answer) in askers {
            // Whoever no longer waits was cut off, and comes again.
            drop(answer.send(results.by_ref().take(count).collect()));
        }
        drop(turn);
        let cut_off = || Err(PortError::transient("aws", "whoever called for others was cut off"));
        answered.await.unwrap_or_else(|_| (0..count).map(|_| cut_off()).collect())
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting<T, R>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    type Things = Together<&'static str>;

    #[tokio::test]
    async fn who_comes_during_a_call_goes_with_the_next_and_hears_of_their_own() {
        let (together, calls) = (Things::default(), AtomicUsize::new(0));
        let call = async |batch: Vec<&str>| {
            calls.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            let refused = || PortError::permanent("aws", "aws-refused", "bad");
            batch.iter().map(|one| if *one == "bad" { Err(refused()) } else { Ok(()) }).collect()
        };
        let batches: [&[&str]; 4] = [&["a"], &["b", "bad"], &[], &["c"]];
        let results = join_all(batches.iter().map(|batch| together.call(batch.to_vec(), &call)));
        let results: Vec<Vec<bool>> =
            results.await.iter().map(|own| own.iter().map(Result::is_ok).collect()).collect();
        assert_eq!(results, [vec![true], vec![true, false], vec![], vec![true]]);
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn who_is_cut_off_takes_nobody_along_in_silence() {
        let together = Things::default();
        let mut first = Box::pin(together.call(vec!["a"], async |_| std::future::pending().await));
        assert!(futures::poll!(&mut first).is_pending());
        let ok = async |batch: Vec<&str>| batch.iter().map(|_| Ok(())).collect();
        let mut second = Box::pin(together.call(vec!["b"], ok));
        assert!(futures::poll!(&mut second).is_pending());
        drop(first);
        assert!(second.await[0].is_ok(), "its own call is made when its turn comes");
    }
}
