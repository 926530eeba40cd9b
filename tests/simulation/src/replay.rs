//! Plays dead letters back: each copy is sent first, and the letter removed when that is
//! acknowledged. The body is sent as it is, so that every id stays.

use std::time::Duration;

use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_pipeline::Outgoing;
use mindmate_pipeline::ports::{Ports, Received};

use crate::broken::Broken;
use crate::world::World;

/// Plays all dead letters of a queue back.
pub(crate) async fn replay(world: &World, ports: &Ports, queue: QueueName) {
    for (number, letter) in world.backend.dead_letters(queue).into_iter().enumerate() {
        let copy = copy(world, queue, &letter, number);
        if world.broken == Some(Broken::ReplayDeletesFirst) {
            world.backend.remove_dead_letter(queue, &letter.receipt);
        }
        let sent = ports.publisher.publish(&[copy]).await;
        world.log.count("dead letter replayed");
        if sent.iter().all(Result::is_ok) {
            world.backend.remove_dead_letter(queue, &letter.receipt);
        } else {
            world.log.count("replay failed for a letter");
        }
    }
}

/// The sender of what nobody could read sends it again, as it should have been: letters and records
/// that were put aside.
pub(crate) async fn correct(world: &World, ports: &Ports) {
    for stream in [StreamName::AppTable, StreamName::Outcomes] {
        for aside in world.backend.put_aside(stream, stream.consumer().name()) {
            let (key, id) = (aside.record.key.clone(), format!("again/{stream}"));
            let body = corrected(&aside.record.body);
            let channel = Channel::Stream(stream);
            let message = Outgoing { channel, id, key, body, delay: Duration::ZERO };
            world.log.count("record put again");
            ports.publisher.publish(&[message]).await;
        }
    }
}

/// A body in the version that it was meant to have.
fn corrected(body: &str) -> String {
    body.replacen(".v9\"", ".v1\"", 1)
}

fn copy(world: &World, queue: QueueName, letter: &Received, number: usize) -> Outgoing {
    let mut body = letter.body.clone();
    if world.is_mended() {
        body = corrected(&body);
    }
    if world.broken == Some(Broken::ReplayWithNewIds) {
        body = body.replacen(r#""id":""#, &format!(r#""id":"replay-{number}-"#), 1);
    }
    let id = format!("replay/{}", letter.receipt.0);
    Outgoing { channel: Channel::Queue(queue), id, key: String::new(), body, delay: Duration::ZERO }
}
