//! Dead letters in memory: what lies there, and who holds it.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::Channel;
use mindmate_pipeline::ports::{
    Content, DeadLetter, DeadLetters, LetterPage, Place, PortResult, Receipt, Source, Standing,
};

use super::{MemoryBackend, lock};
use crate::clock::later;

/// A letter as it lies.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) key: String,
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) sent_at: Timestamp,
    /// How often it was received before it came here.
    pub(super) receives: u32,
    /// How often it was held.
    holds: u64,
    held_until: Option<Timestamp>,
}

impl Letter {
    pub(super) fn new(
        (key, body): (String, String),
        attributes: BTreeMap<String, String>,
        sent_at: Timestamp,
    ) -> Self {
        Self { key, body, attributes, sent_at, receives: 0, holds: 0, held_until: None }
    }

    pub(super) fn received(self, receives: u32) -> Self {
        Self { receives, ..self }
    }

    fn is_held(&self, now: Timestamp) -> bool {
        self.held_until.is_some_and(|until| until > now)
    }

    fn as_shown(&self, number: u64) -> DeadLetter {
        let (key, body) = (self.key.clone(), self.body.clone());
        DeadLetter {
            receipt: Receipt(format!("{number}/{}", self.holds)),
            place: Some(Place(number)),
            contents: vec![Content { key, body }],
            lost: None,
            attributes: self.attributes.clone(),
            sent_at: self.sent_at,
            expires_at: None,
        }
    }
}

/// The letters of a queue or stream, by a number that rises.
pub(super) type Letters = BTreeMap<u64, Letter>;

/// The dead letters of one queue or stream of a [`MemoryBackend`].
pub(super) struct MemoryDeadLetters {
    backend: MemoryBackend,
    of: Channel,
}

impl MemoryDeadLetters {
    pub(super) fn new(backend: MemoryBackend, of: Channel) -> Self {
        Self { backend, of }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Letters, Timestamp) -> T) -> T {
        let now = self.backend.clock.now();
        match self.of {
            Channel::Queue(queue) => change(lock(&self.backend.state.queues).letters(queue), now),
            Channel::Stream(stream) => {
                let consumer = stream.consumer().name();
                change(lock(&self.backend.state.streams).letters(stream, consumer), now)
            }
        }
    }

    /// Changes the letter that this receipt holds, and says whether there is one.
    fn with_held(
        &self,
        receipt: &Receipt,
        change: impl FnOnce(&mut Letters, u64, Timestamp),
    ) -> bool {
        self.with(|letters, now| {
            let held =
                named(letters, receipt).filter(|number| letters[number].held_until.is_some());
            if let Some(number) = held {
                change(letters, number, now);
            }
            held.is_some()
        })
    }
}

/// The number of the letter that this receipt still names.
fn named(letters: &Letters, receipt: &Receipt) -> Option<u64> {
    let (number, holds) = receipt.0.split_once('/')?;
    let (number, holds) = (number.parse().ok()?, holds.parse::<u64>().ok()?);
    (letters.get(&number)?.holds == holds).then_some(number)
}

#[async_trait]
impl DeadLetters for MemoryDeadLetters {
    async fn standing(&self) -> PortResult<Standing> {
        Ok(self.with(|letters, now| {
            let held = letters.values().filter(|letter| letter.is_held(now)).count() as u64;
            Standing { visible: letters.len() as u64 - held, held, retention: None }
        }))
    }

    async fn end(&self) -> PortResult<Option<Place>> {
        let last = self.with(|letters, _| letters.keys().next_back().copied().unwrap_or(0));
        Ok(Some(Place(last)))
    }

    async fn browse(&self, after: Option<Place>, max: usize) -> PortResult<LetterPage> {
        let after = after.map_or(0, |place| place.0);
        Ok(self.with(|letters, now| {
            let shown = letters.range(after + 1..).filter(|(_, letter)| !letter.is_held(now));
            let shown: Vec<_> = shown.take(max).collect();
            let last = shown.last().map(|(number, _)| Place(**number));
            let next = last.filter(|_| shown.len() == max);
            let letters = shown.iter().map(|(number, letter)| letter.as_shown(**number)).collect();
            LetterPage { letters, next, cut_short: false }
        }))
    }

    async fn hold(
        &self,
        letters: &[DeadLetter],
        hold: Duration,
    ) -> PortResult<Vec<Option<Receipt>>> {
        let wanted = letters;
        Ok(self.with(|letters, now| {
            let each = wanted.iter().map(|letter| {
                let number = named(letters, &letter.receipt)?;
                let letter = letters.get_mut(&number).filter(|letter| !letter.is_held(now))?;
                letter.holds += 1;
                letter.held_until = Some(later(now, hold));
                Some(Receipt(format!("{number}/{}", letter.holds)))
            });
            each.collect()
        }))
    }

    async fn release(&self, held: &[Receipt]) -> PortResult<()> {
        for receipt in held {
            self.with_held(receipt, |letters, number, _| {
                if let Some(letter) = letters.get_mut(&number) {
                    letter.held_until = None;
                }
            });
        }
        Ok(())
    }

    async fn remove(&self, held: &[Receipt]) -> Vec<PortResult<bool>> {
        let removed = held.iter().map(|receipt| {
            Ok(self.with_held(receipt, |letters, number, _| {
                letters.remove(&number);
            }))
        });
        removed.collect()
    }

    /// Looking holds nothing here.
    async fn end_look(&self) -> PortResult<()> {
        Ok(())
    }

    async fn source(&self) -> PortResult<Source> {
        let now = self.backend.clock.now();
        let drained = match self.of {
            Channel::Queue(queue) => {
                lock(&self.backend.state.queues).depth(queue, now).is_drained()
            }
            Channel::Stream(stream) => {
                let consumer = stream.consumer().name();
                lock(&self.backend.state.streams).is_read(stream, consumer)
            }
        };
        Ok(if drained { Source::Drained } else { Source::Busy })
    }
}
