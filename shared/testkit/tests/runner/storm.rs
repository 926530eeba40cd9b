//! Everything goes wrong at once, from a seed: each request is sent on or dead-lettered, none is
//! lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mindmate_contracts::RawEvent;
use mindmate_pipeline::ports::Queue;
use mindmate_pipeline::{Chance as _, RawDelivery, SeededChance};
use mindmate_testkit::conformance::samples::message;
use mindmate_testkit::{FaultRates, Faults, Faulty};

use crate::support::{Behaviour, INPUT, OUTPUT, Scripted, backend, runner, send};

const REQUESTS: u32 = 200;

/// The positions of the requests whose messages lie in a queue, or are dead.
fn ordinals<'a>(bodies: impl IntoIterator<Item = &'a str>) -> BTreeSet<u32> {
    let position = |body| RawEvent::parse(body).unwrap().position().unwrap();
    bodies.into_iter().map(|body| position(body).ordinal).collect()
}

async fn storm(seed: u64) {
    let (clock, backend) = backend();
    let chance = Arc::new(SeededChance::new(seed));
    let behaviours = (0..REQUESTS).filter_map(|n| match chance.next() % 10 {
        0 => Some((n, Behaviour::Panic)),
        1 => Some((n, Behaviour::Permanent)),
        2 => Some((n, Behaviour::Transient(1 + n % 5))),
        _ => None,
    });
    let stage = Scripted::new(behaviours);
    let rates = FaultRates { before: 0.1, after: 0.1, twice: 0.1, ..FaultRates::default() };
    let faults = Faults::seeded(rates, chance, Arc::new(clock.clone()));
    let runner = runner(&stage, &clock, Faulty::new(backend.publisher(), &faults));
    let batch: Vec<_> = (0..REQUESTS).map(|n| message(INPUT, n)).collect();
    send(&backend, &batch).await;
    let queue = Faulty::<dyn Queue>::new(backend.queue(INPUT), &faults);
    while !backend.queue(INPUT).depth().await.unwrap().is_drained() {
        // What was received and never told comes again: that is the queue's affair, not ours.
        for received in queue.receive(10, Duration::ZERO).await.unwrap_or_default() {
            let raw = RawDelivery { body: &received.body, attempt: received.receive_count };
            let settlement = runner.process(raw).await.into();
            // A settlement that fails leaves the message where it is: it comes again.
            drop(queue.settle(&received, &settlement).await);
        }
        clock.advance(Duration::from_secs(30));
    }
    let mut sent = Vec::new();
    loop {
        let received = backend.queue(OUTPUT).receive(10, Duration::ZERO).await.unwrap();
        if received.is_empty() {
            break;
        }
        sent.extend(received.into_iter().map(|found| found.body));
    }
    let dead = backend.dead_letters(INPUT);
    let accounted = &ordinals(sent.iter().map(String::as_str))
        | &ordinals(dead.iter().map(|letter| letter.body.as_str()));
    assert_eq!(accounted.len(), REQUESTS as usize, "seed {seed}");
    assert!(sent.len() > REQUESTS as usize / 2 && !dead.is_empty(), "seed {seed}");
}

#[tokio::test]
async fn nothing_is_lost_in_a_storm() {
    for seed in 0..8 {
        storm(seed).await;
    }
}
