//! What a world is judged by, gathered once.

use std::collections::BTreeSet;

use mindmate_contracts::{QueueName, RawEvent, StreamName};
use mindmate_domain::intervention::ReviewEntry;
use mindmate_domain::run::Run;
use mindmate_domain::{Position, RunId, UserId};
use mindmate_pipeline::ports::{CAUSE_ATTRIBUTES, Received, Tally};
use mindmate_testkit::Aside;

use super::Moment;
use crate::executor::at_once;
use crate::world::World;

/// A dead letter.
pub(crate) struct Letter {
    pub(crate) queue: QueueName,
    pub(crate) message: Received,
    /// Where it stands in its run, if that can be read.
    pub(crate) position: Option<Position>,
    pub(crate) user: Option<UserId>,
    /// The shard of the run that a fan-out's letter is about.
    pub(crate) shard: Option<(RunId, u16)>,
}

impl Letter {
    fn new(queue: QueueName, message: Received) -> Self {
        let event = RawEvent::parse(&message.body).ok();
        let position = event.as_ref().and_then(RawEvent::position);
        let user = event.as_ref().and_then(RawEvent::request).map(|request| request.user_id);
        let shard = shard(&message.body);
        Self { queue, message, position, user, shard }
    }

    /// Whether the queue itself put it aside, without a word to anybody.
    pub(crate) fn is_by_the_queue(&self) -> bool {
        !CAUSE_ATTRIBUTES.iter().any(|name| self.message.attributes.contains_key(*name))
    }
}

/// The run and shard of a fan-out's request, of whatever version.
fn shard(body: &str) -> Option<(RunId, u16)> {
    let after = |key: &str| body.split_once(key).map(|(_, rest)| rest);
    let run = after(r#""runId":""#)?.split('"').next()?;
    let shard = after(r#""shard":"#)?.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((RunId::named(run), shard.parse().ok()?))
}

/// What a world is judged by.
pub(crate) struct Evidence<'a> {
    pub(crate) world: &'a World,
    pub(crate) moment: Moment,
    pub(crate) runs: Vec<(Run, Tally)>,
    pub(crate) letters: Vec<Letter>,
    pub(crate) asides: Vec<Aside>,
    /// Places of which an outcome was put aside: nobody can tell of them.
    pub(crate) untold: BTreeSet<Position>,
    pub(crate) reviews: Vec<ReviewEntry>,
}

impl<'a> Evidence<'a> {
    pub(crate) fn of(world: &'a World, moment: Moment) -> Self {
        let ledger = &world.calm.ledger;
        let runs = at_once(ledger.runs()).expect("the ledger in memory answers");
        let runs = runs.into_iter().map(|run| {
            let tally = at_once(ledger.tally(&run.id)).expect("the ledger in memory answers");
            (run, tally)
        });
        let letters = QueueName::ALL.into_iter().flat_map(|queue| {
            let letters = world.backend.dead_letters(queue);
            letters.into_iter().map(move |letter| Letter::new(queue, letter))
        });
        let asides: Vec<_> = [StreamName::AppTable, StreamName::Outcomes]
            .into_iter()
            .flat_map(|stream| world.backend.put_aside(stream, stream.consumer().name()))
            .collect();
        let untold = asides.iter().filter_map(|aside| {
            RawEvent::parse(&aside.record.body).ok().and_then(|event| event.position())
        });
        let reviews = at_once(world.calm.reviews.open(usize::MAX));
        Self {
            runs: runs.collect(),
            letters: letters.collect(),
            untold: untold.collect(),
            asides,
            reviews: reviews.expect("the review queue in memory answers"),
            world,
            moment,
        }
    }

    /// Whether the queue itself put a letter about this user aside: then nobody said any last
    /// words.
    pub(crate) fn was_lost_to_crashes(&self, user: &UserId) -> bool {
        let about = |letter: &Letter| letter.user.as_ref() == Some(user);
        self.letters.iter().any(|letter| letter.is_by_the_queue() && about(letter))
    }
}
