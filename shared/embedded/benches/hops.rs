//! A thousand messages through one queue (sent, received, deleted, 64 at the same time), beside
//! the same rows through bare SQLite in transactions of 64: what the queue's semantics cost.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mindmate_contracts::{Channel, QueueName};
use mindmate_embedded::{Embedded, Options};
use mindmate_pipeline::ports::Settlement;
use mindmate_pipeline::{Outgoing, SystemClock};
use rusqlite::{Connection, params};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const MESSAGES: usize = 1_000;
const TOGETHER: usize = 64;

/// About as long as a `FeaturesExtracted`.
const BODY: usize = 4_000;

fn message(n: usize) -> Outgoing {
    let channel = Channel::Queue(QueueName::Scoring);
    Outgoing::new(channel, n.to_string(), String::new(), "x".repeat(BODY))
}

async fn through_the_queue(backend: Embedded) {
    let queue = backend.queue(QueueName::Scoring);
    let mut left = MESSAGES;
    let mut sent = JoinSet::new();
    for n in 0..MESSAGES {
        if sent.len() == TOGETHER {
            sent.join_next().await.unwrap().unwrap();
        }
        let publisher = backend.publisher();
        sent.spawn(async move { publisher.publish(&[message(n)]).await.remove(0).unwrap() });
    }
    while sent.join_next().await.is_some() {}
    let mut settled = JoinSet::new();
    while left > 0 {
        for received in queue.receive(10, Duration::ZERO).await.unwrap() {
            left -= 1;
            let queue = Arc::clone(&queue);
            settled.spawn(async move {
                queue.settle(&received, &Settlement::Delete).await.unwrap();
            });
        }
    }
    while settled.join_next().await.is_some() {}
}

fn through_bare_sqlite(connection: &Connection) {
    let body = "x".repeat(BODY);
    for (sql, with_body) in [
        ("INSERT INTO message_bodies (id, event_id, sent_at, body) VALUES (?1, 'e', 0, ?2)", true),
        ("INSERT INTO messages (id, queue, visible_at) VALUES (?1, 'bare', 0)", false),
        (
            "UPDATE messages SET received = received + 1, held = 1, visible_at = 9 WHERE id = ?1",
            false,
        ),
        ("DELETE FROM messages WHERE id = ?1", false),
        ("DELETE FROM message_bodies WHERE id = ?1", false),
    ] {
        for chunk in (0..MESSAGES).collect::<Vec<_>>().chunks(TOGETHER) {
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            let mut statement = connection.prepare_cached(sql).unwrap();
            for n in chunk {
                let key = i64::try_from(*n).unwrap();
                if with_body {
                    statement.execute(params![key, body]).unwrap();
                } else {
                    statement.execute([key]).unwrap();
                }
            }
            connection.execute_batch("COMMIT").unwrap();
        }
    }
}

fn hops(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mindmate.db");
    let backend = Embedded::open(&file, Arc::new(SystemClock), Options::default()).unwrap();
    let mut group = criterion.benchmark_group("1000 messages");
    group.sample_size(10);
    group.bench_function("queue", |bencher| {
        bencher.iter_batched(
            || backend.clone(),
            |backend| runtime.block_on(through_the_queue(backend)),
            BatchSize::PerIteration,
        );
    });
    let bare = Connection::open(folder.path().join("mindmate.db")).unwrap();
    bare.pragma_update(None, "synchronous", "FULL").unwrap();
    group.bench_function("bare sqlite", |bencher| bencher.iter(|| through_bare_sqlite(&bare)));
    group.finish();
}

criterion_group!(benches, hops);
criterion_main!(benches);
