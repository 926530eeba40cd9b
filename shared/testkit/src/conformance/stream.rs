//! What a stream does. See [`StreamSource`].

use std::collections::BTreeMap;
use std::sync::Arc;

use mindmate_contracts::StreamName;
use mindmate_pipeline::Clock as _;
use mindmate_pipeline::ports::{Sequence, StreamRecord, StreamSource};

use super::Backend;
use super::samples::{cause, record};

const STREAM: StreamName = StreamName::Outcomes;

/// Puts `count` records of keys `a` and `b` in turn, and gives the view of a consumer group.
async fn filled(backend: &dyn Backend, count: u32) -> Arc<dyn StreamSource> {
    let key = |n: u32| if n.is_multiple_of(2) { "a" } else { "b" };
    let batch: Vec<_> = (0..count).map(|n| record(key(n), n)).collect();
    for sent in backend.publisher().publish(&batch).await {
        sent.expect("sent");
    }
    backend.stream(STREAM, "report")
}

async fn read(source: &dyn StreamSource, max: usize) -> Vec<StreamRecord> {
    source.read(max).await.expect("read")
}

async fn sequences(source: &dyn StreamSource) -> Vec<Sequence> {
    read(source, 100).await.into_iter().map(|record| record.sequence).collect()
}

/// Within a key; sequences rise over all of them.
pub async fn records_of_a_key_come_in_the_order_in_which_they_were_put(backend: &dyn Backend) {
    let put_at = backend.clock().now();
    let source = filled(backend, 9).await;
    filled(backend, 3).await;
    let records = read(&*source, 100).await;
    assert!(records.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    let mut bodies: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for found in &records {
        assert_eq!(found.put_at, put_at);
        bodies.entry(&found.key).or_default().push(&found.body);
    }
    let sent = |key, numbers: &[u32]| -> Vec<String> {
        numbers.iter().map(|n| record(key, *n).body).collect()
    };
    assert_eq!(bodies["a"], sent("a", &[0, 2, 4, 6, 8, 0, 2]));
    assert_eq!(bodies["b"], sent("b", &[1, 3, 5, 7, 1]));
}

/// A consumer that dies after a read has lost nothing.
pub async fn reading_moves_nothing(backend: &dyn Backend) {
    let source = filled(backend, 4).await;
    let first = sequences(&*source).await;
    assert_eq!(first.len(), 4);
    assert_eq!(sequences(&*source).await, first);
}

/// The first ones.
pub async fn a_read_gives_no_more_than_was_asked_for(backend: &dyn Backend) {
    let source = filled(backend, 5).await;
    let all = sequences(&*source).await;
    let some: Vec<_> = read(&*source, 2).await.into_iter().map(|record| record.sequence).collect();
    assert_eq!(some, all[..2]);
}

/// What is done does not come again; what is not done does.
pub async fn a_read_begins_after_the_checkpoint(backend: &dyn Backend) {
    let source = filled(backend, 5).await;
    let all = sequences(&*source).await;
    source.checkpoint(all[2]).await.expect("moved");
    assert_eq!(sequences(&*source).await, all[3..]);
    source.checkpoint(all[4]).await.expect("moved");
    assert!(sequences(&*source).await.is_empty());
    filled(backend, 1).await;
    assert_eq!(sequences(&*source).await.len(), 1);
}

/// A slow twin of the consumer says what it has done later than the quick one.
pub async fn a_checkpoint_never_moves_back(backend: &dyn Backend) {
    let source = filled(backend, 5).await;
    let all = sequences(&*source).await;
    source.checkpoint(all[3]).await.expect("moved");
    source.checkpoint(all[1]).await.expect("no error");
    assert_eq!(sequences(&*source).await, all[4..]);
}

/// Each has its own way through the stream.
pub async fn two_consumer_groups_do_not_share_a_checkpoint(backend: &dyn Backend) {
    let source = filled(backend, 3).await;
    let other = backend.stream(STREAM, "monitor");
    let all = sequences(&*source).await;
    source.checkpoint(all[2]).await.expect("moved");
    assert_eq!(sequences(&*other).await, all);
}

/// The checkpoint is the group's, not the object's.
pub async fn a_consumer_that_comes_back_goes_on_at_its_checkpoint(backend: &dyn Backend) {
    let source = filled(backend, 3).await;
    let all = sequences(&*source).await;
    source.checkpoint(all[1]).await.expect("moved");
    drop(source);
    assert_eq!(sequences(&*backend.stream(STREAM, "report")).await, all[2..]);
}

/// With the cause of the first time, and with the record as it was.
pub async fn a_record_put_aside_twice_lies_there_once(backend: &dyn Backend) {
    let source = filled(backend, 2).await;
    let poison = read(&*source, 1).await.remove(0);
    assert!(backend.put_aside(STREAM, "report").await.is_empty());
    for _ in 0..2 {
        source.put_aside(&poison, &cause("bad-data")).await.expect("put aside");
    }
    let aside = backend.put_aside(STREAM, "report").await;
    assert_eq!(aside.len(), 1);
    let found = &aside[0];
    assert_eq!(found.attributes, cause("bad-data").attributes());
    let key_and_body = (&found.record.key, &found.record.body);
    assert_eq!(key_and_body, (&poison.key, &poison.body));
}

/// Only the checkpoint says what is done.
pub async fn putting_aside_moves_no_checkpoint(backend: &dyn Backend) {
    let source = filled(backend, 2).await;
    let all = sequences(&*source).await;
    let poison = read(&*source, 1).await.remove(0);
    source.put_aside(&poison, &cause("bad-data")).await.expect("put aside");
    assert_eq!(sequences(&*source).await, all);
}
