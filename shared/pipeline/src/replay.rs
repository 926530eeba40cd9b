//! Plays dead letters back into the queue or stream that they come from.
//!
//! | what | how |
//! | --- | --- |
//! | a canary first | so many letters, and the rest only when these got through |
//! | nothing is lost | a letter is removed when its copy is acknowledged as sent, never before: a crash between the two leaves a duplicate |
//! | nothing is done twice | the copy is the same event, with its id: what it did already stands under its keys. Two replays at once move no letter twice: each holds what it moves |
//! | not too fast | from nothing up to the rate within [`RAMP`], then at it |
//! | it can be stopped | between two batches; what is left lies where it lay |
//!
//! The copy carries what came with the message, the id of the replay, how often it was played back and
//! when it was first given up. Not the cause: that was the letter's. Streams carry none of it.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use mindmate_contracts::{Channel, RawEvent};
use mindmate_domain::instant::key_form;

use crate::clock::Clock;
use crate::letters::{Held, PAGE, Walk, Wanted, digest};
use crate::outgoing::Outgoing;
use crate::ports::{
    CAUSE_ATTRIBUTES, DeadLetter, DeadLetters, FIRST_DEAD_LETTERED_AT, PortError, PortResult,
    Publisher, REPLAY_ID, REPLAYS, Source,
};

/// How long it takes to come to the rate.
pub const RAMP: Duration = Duration::from_secs(10);

/// How often somebody looks whether the canary got through.
const LOOK: Duration = Duration::from_secs(1);

/// Batches a second at a rate: each is small enough that the rate is kept within the second.
const BATCHES_A_SECOND: u32 = 10;

/// What a replay speaks to.
#[derive(Clone, Copy)]
pub struct ReplayPorts<'a> {
    /// Where the letters lie.
    pub letters: &'a dyn DeadLetters,
    /// Sends the copies.
    pub publisher: &'a dyn Publisher,
    /// Time, for the rate and for waiting.
    pub clock: &'a dyn Clock,
}

/// One replay, of the letters that lie there when it begins.
pub struct Replay<'a> {
    ports: ReplayPorts<'a>,
    channel: Channel,
    id: String,
    walk: Walk<'a>,
    /// Letters of a page that were not needed yet.
    left: Vec<DeadLetter>,
    sent: HashSet<u64>,
    began: Timestamp,
    counts: Counts,
}

/// What a replay came to so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Letters whose copies are sent and that are removed.
    pub replayed: u64,
    /// Letters whose copies are sent and that could not be removed: they are there twice now, which
    /// does no harm.
    pub duplicated: u64,
    /// Letters that somebody else holds.
    pub elsewhere: u64,
    /// Letters whose contents are lost, so that nothing can be sent.
    pub unplayable: u64,
    /// Letters whose copies could not be sent: they lie where they lay.
    pub failed: u64,
}

/// What became of a canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its messages were worked on, and none came back.
    Through,
    /// So many came back: the cause is not mended.
    CameBack(u64),
    /// The queue did not drain in time: nobody knows.
    Undecided,
}

/// How long a canary is waited for.
#[derive(Clone, Copy)]
pub struct Waiting<'a> {
    /// At most so long.
    pub patience: Duration,
    /// The source must be drained for so long: where its counts are approximate, one look says
    /// nothing.
    pub quiet: Duration,
    /// Ends the waiting, undecided, once it is true.
    pub stop: &'a AtomicBool,
}

/// How letters are sent.
#[derive(Clone, Copy)]
pub struct Pace<'a> {
    /// So many letters are to be sent, if there are as many; all, where it is `None`. What cannot be
    /// sent, or is in somebody else's hands, does not count.
    pub most: Option<u64>,
    /// At most so many a second.
    pub rate: Option<NonZeroU32>,
    /// Ends the sending between two batches once it is true.
    pub stop: &'a AtomicBool,
}

impl<'a> Replay<'a> {
    /// Begins one under an id of its own.
    ///
    /// # Errors
    /// The store's.
    pub async fn begin(
        ports: ReplayPorts<'a>,
        channel: Channel,
        id: String,
        wanted: &'a Wanted<'a>,
    ) -> PortResult<Self> {
        let walk = Walk::begin(ports.letters, wanted).await?;
        let (left, sent, counts) = (Vec::new(), HashSet::new(), Counts::default());
        Ok(Self { ports, channel, id, walk, left, sent, began: ports.clock.now(), counts })
    }

    /// What it came to so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether more letters lie there than can be looked at together.
    pub fn is_cut_short(&self) -> bool {
        self.walk.cut_short
    }

    /// Sends the next letters, and tells of each batch. Says whether letters may be left.
    ///
    /// # Errors
    /// The store's, and the publisher's where it takes nothing of a batch. What was sent is counted,
    /// and what was not lies where it lay.
    pub async fn send(
        &mut self,
        pace: Pace<'_>,
        mut tell: impl FnMut(Counts) + Send,
    ) -> PortResult<bool> {
        let (began, before, mut moved) = (self.ports.clock.now(), self.sent_so_far(), 0_u64);
        let batch = pace.rate.map_or(PAGE, batch_at);
        while !pace.stop.load(Ordering::SeqCst) {
            let done = self.sent_so_far() - before;
            let room = pace.most.map_or(u64::MAX, |most| most.saturating_sub(done));
            if room == 0 {
                return Ok(true);
            }
            let room = usize::try_from(room).unwrap_or(usize::MAX).min(batch);
            let Some(letters) = self.next(room).await? else {
                return Ok(false);
            };
            moved += letters.len() as u64;
            if let Some(rate) = pace.rate {
                self.keep_to(rate, began, moved).await;
            }
            self.move_on(letters).await?;
            tell(self.counts);
        }
        Ok(true)
    }

    fn sent_so_far(&self) -> u64 {
        self.counts.replayed + self.counts.duplicated
    }

    /// At least one letter and at most `max`; `None` at the end.
    async fn next(&mut self, max: usize) -> PortResult<Option<Vec<DeadLetter>>> {
        while self.left.is_empty() {
            match self.walk.next(PAGE).await? {
                Some(letters) => self.left = letters,
                None => return Ok(None),
            }
        }
        let rest = self.left.split_off(max.min(self.left.len()));
        Ok(Some(std::mem::replace(&mut self.left, rest)))
    }

    /// Waits until so many letters may have been sent since it began.
    async fn keep_to(&self, rate: NonZeroU32, began: Timestamp, letters: u64) {
        let passed = self.ports.clock.now().duration_since(began).unsigned_abs();
        let due = due_after(rate, letters);
        if let Some(wait) = due.checked_sub(passed).filter(|wait| !wait.is_zero()) {
            self.ports.clock.sleep(wait).await;
        }
    }

    async fn move_on(&mut self, letters: Vec<DeadLetter>) -> PortResult<()> {
        let (playable, lost): (Vec<_>, Vec<_>) =
            letters.into_iter().partition(|letter| letter.lost.is_none());
        self.counts.unplayable += lost.len() as u64;
        let asked = playable.len();
        let held = self.walk.hold(playable).await?;
        self.counts.elsewhere += (asked - held.len()) as u64;
        let (sent, unsent, refused) = self.publish(held).await;
        // Before the failure is told: what was sent must not stay, and what was not must show.
        let receipts: Vec<_> = sent.iter().map(|held| held.receipt.clone()).collect();
        for removed in self.ports.letters.remove(&receipts).await {
            match removed {
                Ok(true) => self.counts.replayed += 1,
                Ok(false) | Err(_) => self.counts.duplicated += 1,
            }
        }
        self.counts.failed += unsent.len() as u64;
        let receipts: Vec<_> = unsent.into_iter().map(|held| held.receipt).collect();
        if !receipts.is_empty() {
            self.ports.letters.release(&receipts).await?;
        }
        // Where nothing of a batch is taken, the next one fares no better.
        refused.filter(|_| sent.is_empty()).map_or(Ok(()), Err)
    }

    /// Sends copies; gives the letters all of whose copies are acknowledged, the others, and why
    /// the first of these was refused.
    async fn publish(&mut self, held: Vec<Held>) -> (Vec<Held>, Vec<Held>, Option<PortError>) {
        let copies: Vec<_> = held.iter().map(|held| self.copies(&held.letter)).collect();
        let batch: Vec<_> = copies.iter().flatten().cloned().collect();
        let mut results = self.ports.publisher.publish(&batch).await.into_iter();
        let (mut sent, mut unsent, mut refused) = (Vec::new(), Vec::new(), None);
        for (held, copies) in held.into_iter().zip(copies) {
            // A publisher that does not answer for each has not sent it.
            let answers: Vec<_> = results.by_ref().take(copies.len()).collect();
            if answers.len() == copies.len() && answers.iter().all(Result::is_ok) {
                // Of a queue the copy itself says by which replay it was sent.
                if matches!(self.channel, Channel::Stream(_)) {
                    self.sent.insert(digest(&held.letter));
                }
                sent.push(held);
            } else {
                refused = refused.or_else(|| answers.into_iter().find_map(Result::err));
                unsent.push(held);
            }
        }
        (sent, unsent, refused)
    }

    fn copies(&self, letter: &DeadLetter) -> Vec<Outgoing> {
        let attributes = match self.channel {
            Channel::Queue(_) => self.attributes(letter),
            Channel::Stream(_) => BTreeMap::new(),
        };
        let copies = letter.contents.iter().map(|content| {
            let event = RawEvent::parse(&content.body).ok();
            let id = event.map_or_else(|| self.id.clone(), |event| event.id.into_owned());
            let (key, body) = (content.key.clone(), content.body.clone());
            let mut copy = Outgoing::new(self.channel, id, key, body);
            copy.attributes.clone_from(&attributes);
            copy
        });
        copies.collect()
    }

    fn attributes(&self, letter: &DeadLetter) -> BTreeMap<String, String> {
        let mut attributes = letter.attributes.clone();
        attributes.retain(|name, _| !CAUSE_ATTRIBUTES.contains(&name.as_str()));
        let first = key_form(letter.first_dead_lettered_at());
        attributes.insert(FIRST_DEAD_LETTERED_AT.to_owned(), first);
        attributes.insert(REPLAY_ID.to_owned(), self.id.clone());
        attributes.insert(REPLAYS.to_owned(), letter.replays().saturating_add(1).to_string());
        attributes
    }

    /// Waits until what was sent so far got through, came back, or the patience is over.
    ///
    /// Where nobody can say whether a stream is read (Lambda reads it), what has not come back when
    /// the patience is over counts as through.
    ///
    /// # Errors
    /// The store's.
    pub async fn verdict(&self, waiting: Waiting<'_>) -> PortResult<Verdict> {
        let Waiting { patience, quiet, stop } = waiting;
        let began = self.ports.clock.now();
        let mut drained_since = None;
        loop {
            // Asked first: what comes back afterwards is seen by the look below.
            let source = self.ports.letters.source().await?;
            let back = self.came_back().await?;
            if back > 0 {
                return Ok(Verdict::CameBack(back));
            }
            let now = self.ports.clock.now();
            let since = |then: Timestamp| now.duration_since(then).unsigned_abs();
            drained_since = match source {
                Source::Drained => Some(drained_since.unwrap_or(now)),
                Source::Busy | Source::Unknown => None,
            };
            if drained_since.is_some_and(|then| since(then) >= quiet) {
                return Ok(Verdict::Through);
            }
            if since(began) >= patience || stop.load(Ordering::SeqCst) {
                let nobody_says = source == Source::Unknown && since(began) >= patience;
                return Ok(if nobody_says { Verdict::Through } else { Verdict::Undecided });
            }
            self.ports.clock.sleep(LOOK).await;
        }
    }

    /// How many letters that this replay sent lie there again.
    ///
    /// # Errors
    /// The store's.
    pub async fn came_back(&self) -> PortResult<u64> {
        let mut back = 0;
        let mut place = self.walk.end();
        loop {
            let page = self.ports.letters.browse(place, PAGE).await?;
            let ours = page.letters.iter().filter(|letter| self.is_ours(letter));
            back += ours.count() as u64;
            if page.next.is_none() {
                break;
            }
            place = page.next;
        }
        self.ports.letters.end_look().await?;
        Ok(back)
    }

    fn is_ours(&self, letter: &DeadLetter) -> bool {
        match self.channel {
            Channel::Queue(_) => letter.replay_id() == Some(&self.id),
            Channel::Stream(_) => {
                letter.dead_lettered_at() >= self.began && self.sent.contains(&digest(letter))
            }
        }
    }

    /// Gives back what was only looked at.
    ///
    /// # Errors
    /// The store's.
    pub async fn end(self) -> PortResult<Counts> {
        self.ports.letters.end_look().await?;
        Ok(self.counts)
    }
}

fn batch_at(rate: NonZeroU32) -> usize {
    let batch = rate.get().div_ceil(BATCHES_A_SECOND);
    usize::try_from(batch).unwrap_or(PAGE).clamp(1, PAGE)
}

/// When so many letters may have been sent: after a ramp during which the rate rises evenly.
fn due_after(rate: NonZeroU32, letters: u64) -> Duration {
    let (rate, ramp, letters) = (f64::from(rate.get()), RAMP.as_secs_f64(), letters as f64);
    // While it rises, rate/ramp · t²/2 letters are sent after t seconds.
    let of_ramp = rate * ramp / 2.0;
    let seconds = if letters <= of_ramp {
        (2.0 * letters * ramp / rate).sqrt()
    } else {
        ramp + (letters - of_ramp) / rate
    };
    Duration::from_secs_f64(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_evenly_and_is_then_kept() {
        let rate = NonZeroU32::new(100).unwrap();
        let due = |letters| due_after(rate, letters).as_secs_f64();
        assert!((due(5) - 1.0).abs() < 1e-9, "a tenth of the rate after a second");
        assert!((due(500) - 10.0).abs() < 1e-9, "half of what the rate would have sent");
        assert!((due(1_500) - 20.0).abs() < 1e-9, "then a hundred a second");
    }
}
