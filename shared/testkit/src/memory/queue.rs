//! Queues in memory, with SQS's semantics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::select;
use jiff::Timestamp;
use mindmate_contracts::{Channel, QueueName};
use mindmate_pipeline::ports::{
    DeadLetterCause, PortResult, Publisher, Queue, QueueDepth, Receipt, Received, Settlement,
    with_cause,
};
use mindmate_pipeline::{Chance, Outgoing};

use super::dead_letters::{Letter, Letters};
use super::{MemoryBackend, lock};
use crate::clock::later;

/// The most messages that one receive gives.
const LARGEST_BATCH: usize = 10;

/// All queues, each with its dead letters.
#[derive(Default)]
pub(super) struct Queues {
    queues: BTreeMap<QueueName, Contents>,
    /// The last number that a message or a receipt was given.
    last_number: u64,
}

#[derive(Default)]
struct Contents {
    /// By number of the message.
    messages: BTreeMap<u64, Stored>,
    /// By a number of their own, in the order in which they came there.
    dead: Letters,
}

struct Stored {
    body: String,
    attributes: BTreeMap<String, String>,
    sent_at: Timestamp,
    receive_count: u32,
    /// The number of the receipt that settles it: of the last receive.
    receipt: Option<u64>,
    hidden: Hidden,
}

/// Why a message cannot be received now, while its instant has not come.
#[derive(Clone, Copy)]
enum Hidden {
    /// It was just sent.
    Not,
    /// Somebody has it.
    InFlight(Timestamp),
    /// It was sent, or given back, with a delay.
    Delayed(Timestamp),
}

impl Hidden {
    fn until(self) -> Timestamp {
        match self {
            Self::Not => Timestamp::MIN,
            Self::InFlight(until) | Self::Delayed(until) => until,
        }
    }
}

impl Stored {
    fn received(&self, receipt: Receipt) -> Received {
        Received {
            receipt,
            receive_count: self.receive_count,
            sent_at: self.sent_at,
            body: self.body.clone(),
            attributes: self.attributes.clone(),
        }
    }
}

impl Queues {
    pub(super) fn dead_letters(&self, queue: QueueName) -> Vec<Received> {
        let dead = self.queues.get(&queue).map(|contents| &contents.dead).into_iter().flatten();
        dead.map(|(number, letter)| Received {
            receipt: Receipt(format!("dead/{number}")),
            receive_count: letter.receives,
            sent_at: letter.sent_at,
            body: letter.body.clone(),
            attributes: letter.attributes.clone(),
        })
        .collect()
    }

    pub(super) fn letters(&mut self, queue: QueueName) -> &mut Letters {
        &mut self.queues.entry(queue).or_default().dead
    }

    fn send(&mut self, queue: QueueName, message: &Outgoing, now: Timestamp) {
        self.last_number += 1;
        let hidden = if message.delay.is_zero() {
            Hidden::Not
        } else {
            Hidden::Delayed(later(now, message.delay))
        };
        let message = Stored {
            body: message.body.clone(),
            attributes: message.attributes.clone(),
            sent_at: now,
            receive_count: 0,
            receipt: None,
            hidden,
        };
        self.queues.entry(queue).or_default().messages.insert(self.last_number, message);
    }

    /// Receives what is visible. What was received too often goes to the dead letters instead.
    fn receive(&mut self, queue: &MemoryQueue, max: usize, now: Timestamp) -> Vec<Received> {
        let Some(contents) = self.queues.get_mut(&queue.name) else {
            return Vec::new();
        };
        let mut visible: Vec<u64> = contents.visible(now).collect();
        if let Some(chance) = &queue.backend.order {
            shuffle(&mut visible, &**chance);
        }
        let mut received = Vec::new();
        for number in visible {
            if received.len() == max {
                break;
            }
            let Some(message) = contents.messages.get_mut(&number) else {
                continue;
            };
            if message.receive_count >= queue.backend.max_receives {
                self.last_number += 1;
                contents.bury(number, self.last_number, None);
                continue;
            }
            self.last_number += 1;
            message.receive_count += 1;
            message.receipt = Some(self.last_number);
            message.hidden = Hidden::InFlight(later(now, queue.backend.visibility));
            let receipt = Receipt(format!("{number}/{}", self.last_number));
            received.push(message.received(receipt));
        }
        received
    }

    /// When the next hidden message can be received.
    pub(super) fn next_visible(&self, queue: QueueName) -> Option<Timestamp> {
        let contents = self.queues.get(&queue)?;
        contents.messages.values().map(|message| message.hidden.until()).min()
    }

    pub(super) fn depth(&self, queue: QueueName, now: Timestamp) -> QueueDepth {
        let mut depth = QueueDepth::default();
        let Some(contents) = self.queues.get(&queue) else {
            return depth;
        };
        depth.dead = contents.dead.len() as u64;
        for message in contents.messages.values() {
            match message.hidden {
                _ if message.hidden.until() <= now => depth.visible += 1,
                Hidden::Delayed(_) if message.receive_count == 0 => depth.delayed += 1,
                _ => depth.in_flight += 1,
            }
        }
        depth
    }
}

/// Any order is as likely as any other (Fisher and Yates).
fn shuffle(numbers: &mut [u64], chance: &dyn Chance) {
    for end in (1..numbers.len()).rev() {
        let other = chance.next() % (end as u64 + 1);
        numbers.swap(end, usize::try_from(other).unwrap_or(end));
    }
}

impl Contents {
    fn visible(&self, now: Timestamp) -> impl Iterator<Item = u64> + '_ {
        let visible =
            self.messages.iter().filter(move |(_, message)| message.hidden.until() <= now);
        visible.map(|(number, _)| *number)
    }

    /// The number of the message that this receipt still settles.
    fn held(&self, receipt: &Receipt) -> Option<u64> {
        let (number, held_by) = receipt.0.split_once('/')?;
        let (number, held_by) = (number.parse().ok()?, held_by.parse().ok()?);
        let message = self.messages.get(&number)?;
        (message.receipt == Some(held_by)).then_some(number)
    }

    /// Moves a message to the dead letters, under a number of its own there.
    fn bury(&mut self, number: u64, place: u64, cause: Option<&DeadLetterCause>) {
        if let Some(message) = self.messages.remove(&number) {
            let Stored { body, attributes, sent_at, receive_count, .. } = message;
            let attributes = match cause {
                Some(cause) => with_cause(&attributes, cause),
                None => attributes,
            };
            let letter = Letter::new((String::new(), body), attributes, sent_at);
            self.dead.insert(place, letter.received(receive_count));
        }
    }

    fn hide(&mut self, number: u64, hidden: Hidden) {
        if let Some(message) = self.messages.get_mut(&number) {
            message.hidden = hidden;
        }
    }
}

/// One queue of a [`MemoryBackend`].
pub(super) struct MemoryQueue {
    backend: MemoryBackend,
    name: QueueName,
}

impl MemoryQueue {
    pub(super) fn new(backend: MemoryBackend, name: QueueName) -> Self {
        Self { backend, name }
    }

    /// Changes the message that this receipt holds, if it still does.
    /// The last argument is a number that no message has yet.
    fn with_held(&self, receipt: &Receipt, change: impl FnOnce(&mut Contents, u64, u64)) {
        let mut queues = lock(&self.backend.state.queues);
        queues.last_number += 1;
        let fresh = queues.last_number;
        let Some(contents) = queues.queues.get_mut(&self.name) else {
            return;
        };
        if let Some(number) = contents.held(receipt) {
            change(contents, number, fresh);
        }
        drop(queues);
        self.backend.state.arrived.notify_waiters();
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        let clock = Arc::clone(&self.backend.clock);
        let deadline = later(clock.now(), wait);
        loop {
            // Listens before it looks, so that nothing arrives unheard in between.
            let arrived = std::pin::pin!(self.backend.state.arrived.notified());
            let now = clock.now();
            let (received, next) = {
                let mut queues = lock(&self.backend.state.queues);
                let received = queues.receive(self, max.clamp(1, LARGEST_BATCH), now);
                (received, queues.next_visible(self.name))
            };
            if !received.is_empty() || now >= deadline {
                return Ok(received);
            }
            let wake = next.map_or(deadline, |next| next.min(deadline));
            let pause = Duration::try_from(wake.duration_since(now)).unwrap_or_default();
            select(arrived, clock.sleep(pause)).await;
        }
    }

    async fn extend(&self, receipt: &Receipt, hidden: Duration) -> PortResult<()> {
        let until = later(self.backend.clock.now(), hidden);
        self.with_held(receipt, |contents, number, _| {
            contents.hide(number, Hidden::InFlight(until));
        });
        Ok(())
    }

    async fn settle(&self, message: &Received, settlement: &Settlement) -> PortResult<()> {
        let now = self.backend.clock.now();
        self.with_held(&message.receipt, |contents, number, fresh| match settlement {
            Settlement::Delete => {
                contents.messages.remove(&number);
            }
            Settlement::Release { after } => {
                contents.hide(number, Hidden::Delayed(later(now, *after)));
            }
            Settlement::DeadLetter { cause } => contents.bury(number, fresh, Some(cause)),
        });
        Ok(())
    }

    async fn depth(&self) -> PortResult<QueueDepth> {
        let now = self.backend.clock.now();
        Ok(lock(&self.backend.state.queues).depth(self.name, now))
    }
}

#[async_trait]
impl Publisher for MemoryBackend {
    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        let now = self.clock.now();
        for message in batch {
            match message.channel {
                Channel::Queue(queue) => {
                    lock(&self.state.queues).send(queue, message, now);
                }
                Channel::Stream(stream) => lock(&self.state.streams).put(stream, message, now),
            }
        }
        self.state.arrived.notify_waiters();
        batch.iter().map(|_| Ok(())).collect()
    }
}
