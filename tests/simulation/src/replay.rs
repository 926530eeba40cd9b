//! Plays dead letters back, by the code that the command line uses.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_pipeline::Outgoing;
use mindmate_pipeline::ports::{
    DeadLetter, DeadLetters, LetterPage, Place, PortResult, Ports, Publisher, Receipt, Source,
    Standing,
};
use mindmate_pipeline::replay::{Pace, Replay, ReplayPorts};

use crate::broken::Broken;
use crate::world::World;

/// Nobody stops a replay in order here: it dies, or goes on.
static GO_ON: AtomicBool = AtomicBool::new(false);

/// Plays all dead letters of a queue back.
pub(crate) async fn replay(world: &World, ports: &Ports, queue: QueueName) {
    let channel = Channel::Queue(queue);
    let mut letters = ports.channels.dead_letters(channel);
    if world.broken == Some(Broken::ReplayDeletesFirst) {
        letters = Arc::new(DeletesFirst(letters));
    }
    let mut publisher = Arc::clone(&ports.publisher);
    if world.is_mended() {
        publisher = Arc::new(Rewrites { inner: publisher, how: |_, body| corrected(body) });
    }
    if world.broken == Some(Broken::ReplayWithNewIds) {
        publisher = Arc::new(Rewrites { inner: publisher, how: with_new_id });
    }
    let clock = world.time.clock();
    let id = format!("replay/{queue}/{}", clock.now());
    let ports = ReplayPorts { letters: &*letters, publisher: &*publisher, clock: &*clock };
    let everything = |_: &DeadLetter| true;
    let Ok(mut replay) = Replay::begin(ports, channel, id, &everything).await else {
        world.log.count("replay failed");
        return;
    };
    let pace = Pace { most: None, rate: None, stop: &GO_ON };
    let sent = replay.send(pace, |_| {}).await;
    let counts = replay.counts();
    for _ in 0..counts.replayed + counts.duplicated {
        world.log.count("dead letter replayed");
    }
    if sent.is_err() || counts.failed > 0 {
        world.log.count("replay failed for a letter");
    }
}

/// Removes letters before their copies are sent.
struct DeletesFirst(Arc<dyn DeadLetters>);

#[async_trait]
impl DeadLetters for DeletesFirst {
    async fn standing(&self) -> PortResult<Standing> {
        self.0.standing().await
    }

    async fn end(&self) -> PortResult<Option<Place>> {
        self.0.end().await
    }

    async fn browse(&self, after: Option<Place>, max: usize) -> PortResult<LetterPage> {
        self.0.browse(after, max).await
    }

    async fn hold(
        &self,
        letters: &[DeadLetter],
        hidden: Duration,
    ) -> PortResult<Vec<Option<Receipt>>> {
        let held = self.0.hold(letters, hidden).await?;
        let receipts: Vec<_> = held.iter().flatten().cloned().collect();
        drop(self.0.remove(&receipts).await);
        Ok(held)
    }

    async fn release(&self, held: &[Receipt]) -> PortResult<()> {
        self.0.release(held).await
    }

    async fn remove(&self, held: &[Receipt]) -> Vec<PortResult<bool>> {
        held.iter().map(|_| Ok(true)).collect()
    }

    async fn end_look(&self) -> PortResult<()> {
        self.0.end_look().await
    }

    async fn source(&self) -> PortResult<Source> {
        self.0.source().await
    }
}

/// Sends what is played back with another body.
struct Rewrites {
    inner: Arc<dyn Publisher>,
    how: fn(usize, &str) -> String,
}

#[async_trait]
impl Publisher for Rewrites {
    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        let rewritten = batch.iter().enumerate().map(|(number, message)| Outgoing {
            body: (self.how)(number, &message.body),
            ..message.clone()
        });
        self.inner.publish(&rewritten.collect::<Vec<_>>()).await
    }
}

/// As if it were something new.
fn with_new_id(number: usize, body: &str) -> String {
    body.replacen(r#""id":""#, &format!(r#""id":"replay-{number}-"#), 1)
}

/// A body in the version that it was meant to have.
fn corrected(body: &str) -> String {
    body.replacen(".v9\"", ".v1\"", 1)
}

/// The sender of what nobody could read sends it again, as it should have been: records that were
/// put aside.
pub(crate) async fn correct(world: &World, ports: &Ports) {
    for stream in [StreamName::AppTable, StreamName::Outcomes] {
        for aside in world.backend.put_aside(stream, stream.consumer().name()) {
            let (key, id) = (aside.record.key.clone(), format!("again/{stream}"));
            let body = corrected(&aside.record.body);
            let message = Outgoing::new(Channel::Stream(stream), id, key, body);
            world.log.count("record put again");
            ports.publisher.publish(&[message]).await;
        }
    }
}
