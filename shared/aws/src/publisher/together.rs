//! Sends together what waits while another call is on its way, as a database commits a group.
//!
//! Deliveries of a batch publish one by one, each after its own work. Who comes first is sent at
//! once; who comes while that call runs waits for it and goes with all others that came. So nobody
//! waits longer than a call, and the busier the consumer, the fewer calls a message costs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mindmate_pipeline::{Outgoing, PortError, PortResult};
use tokio::sync::oneshot;

/// One channel's messages on their way.
#[derive(Default)]
pub(crate) struct Together {
    waiting: Mutex<Vec<Waiting>>,
    /// Held by whoever calls.
    turn: tokio::sync::Mutex<()>,
}

/// Messages that were given together, and who waits for what becomes of them.
struct Waiting {
    messages: Vec<Outgoing>,
    answer: oneshot::Sender<Vec<PortResult<()>>>,
}

impl Together {
    /// Sends with `send`, which gives a result for each message, in order.
    pub(super) async fn send<F>(
        &self,
        messages: Vec<Outgoing>,
        send: impl FnOnce(Vec<Outgoing>) -> F,
    ) -> Vec<PortResult<()>>
    where
        F: Future<Output = Vec<PortResult<()>>>,
    {
        let count = messages.len();
        let (answer, mut answered) = oneshot::channel();
        self.waiting().push(Waiting { messages, answer });
        let turn = self.turn.lock().await;
        if let Ok(results) = answered.try_recv() {
            return results;
        }
        let (mut batch, mut askers) = (Vec::new(), Vec::new());
        for waiting in std::mem::take(&mut *self.waiting()) {
            askers.push((waiting.messages.len(), waiting.answer));
            batch.extend(waiting.messages);
        }
        let mut results = send(batch).await.into_iter();
        drop(turn);
        for (count, answer) in askers {
            // Whoever no longer waits was cut off, and comes again.
            drop(answer.send(results.by_ref().take(count).collect()));
        }
        let cut_off = || Err(PortError::transient("aws", "whoever sent for others was cut off"));
        answered.await.unwrap_or_else(|_| (0..count).map(|_| cut_off()).collect())
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use mindmate_contracts::{Channel, QueueName};

    use super::*;

    fn messages(ids: &[&str]) -> Vec<Outgoing> {
        let channel = Channel::Queue(QueueName::Scoring);
        let message = |id: &&str| Outgoing {
            channel,
            id: (*id).to_owned(),
            key: String::new(),
            body: String::new(),
        };
        ids.iter().map(message).collect()
    }

    #[tokio::test]
    async fn who_comes_during_a_call_goes_with_the_next_and_hears_of_their_own() {
        let (together, calls) = (Together::default(), AtomicUsize::new(0));
        let send = async |batch: Vec<Outgoing>| {
            calls.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            let refused = || PortError::permanent("aws", "aws-refused", "bad");
            batch.iter().map(|one| if one.id == "bad" { Err(refused()) } else { Ok(()) }).collect()
        };
        let batches: [&[&str]; 4] = [&["a"], &["b", "bad"], &[], &["c"]];
        let sends = batches.iter().map(|ids| together.send(messages(ids), &send));
        let results = join_all(sends).await;
        let results: Vec<Vec<bool>> =
            results.iter().map(|own| own.iter().map(Result::is_ok).collect()).collect();
        assert_eq!(results, [vec![true], vec![true, false], vec![], vec![true]]);
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn who_is_cut_off_takes_nobody_along_in_silence() {
        let together = Together::default();
        let never = async |_| std::future::pending().await;
        let mut first = Box::pin(together.send(messages(&["a"]), never));
        assert!(futures::poll!(&mut first).is_pending());
        let second =
            together.send(messages(&["b"]), async |batch| batch.iter().map(|_| Ok(())).collect());
        let mut second = Box::pin(second);
        assert!(futures::poll!(&mut second).is_pending());
        drop(first);
        assert!(second.await[0].is_ok(), "its own call is made when its turn comes");
    }
}
