//! A function that runs out of time gives back what is not done, and counts it as no failure.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mindmate_host::lambda::Function as _;
use mindmate_pipeline::Clock as _;
use mindmate_testkit::{ManualClock, MemoryBackend};

use crate::support::{
    Behaviour, INPUT, OUTPUT, SECOND, Scripted, delete_done, failures, function, invocation, poll,
    send, sqs_event,
};

fn world() -> (ManualClock, MemoryBackend) {
    let clock = ManualClock::new("2026-11-22T06:00:00Z".parse::<Timestamp>().unwrap());
    let backend = MemoryBackend::new(Arc::new(clock.clone()));
    (clock, backend)
}

#[tokio::test]
async fn in_the_middle_of_a_batch_the_rest_is_given_back_at_once() {
    let (clock, backend) = world();
    let hour = Behaviour::Slow(Duration::from_hours(1));
    let stage = Scripted::new([(2, hour), (3, hour)]);
    let queue = backend.queue(INPUT);
    let function =
        function(&stage, Arc::clone(&queue), backend.publisher(), Arc::new(clock.clone()))
            .with_concurrency(2);
    send(&*backend.publisher(), 0..6).await;
    let received = poll(&*queue).await;
    let invocation = invocation(&clock);
    let event = serde_json::from_value(sqs_event(&received)).unwrap();
    let response = clock.drive(SECOND, function.invoke(event, &invocation)).await.unwrap();
    assert!(clock.now() < invocation.deadline, "Lambda did not have to kill it");
    let response = serde_json::to_value(response).unwrap();
    assert_eq!(failures(&response), ["id-2", "id-3", "id-4", "id-5"]);
    delete_done(&*queue, &received, &response).await;

    // 2 and 3 were begun and are dropped; 4 and 5 were not begun. All are visible now.
    assert_eq!((stage.attempts(2), stage.attempts(4)), (vec![1], vec![]));
    let depth = queue.depth().await.unwrap();
    assert_eq!((depth.visible, depth.in_flight, depth.delayed, depth.dead), (4, 0, 0, 0));

    let again = poll(&*queue).await;
    let event = serde_json::from_value(sqs_event(&again)).unwrap();
    let response = function.invoke(event, &self::invocation(&clock)).await.unwrap();
    delete_done(&*queue, &again, &serde_json::to_value(response).unwrap()).await;
    assert!(queue.depth().await.unwrap().is_drained());
    assert_eq!(backend.queue(OUTPUT).depth().await.unwrap().visible, 6);
}

/// Design, "What must hold" 2: being given back at a deadline is no failed attempt, however often.
#[tokio::test]
async fn what_is_given_back_at_its_fourth_receive_is_not_given_up() {
    let (clock, backend) = world();
    let stage = Scripted::default();
    let queue = backend.queue(INPUT);
    let function =
        function(&stage, Arc::clone(&queue), backend.publisher(), Arc::new(clock.clone()));
    send(&*backend.publisher(), [0]).await;
    for receive in 1..=5 {
        let received = poll(&*queue).await;
        assert_eq!(received[0].receive_count, receive);
        let mut invocation = invocation(&clock);
        // The batch came when the time was nearly over.
        invocation.deadline = clock.now().checked_add(SECOND).unwrap();
        let event = serde_json::from_value(sqs_event(&received)).unwrap();
        let response = function.invoke(event, &invocation).await.unwrap();
        assert_eq!(failures(&serde_json::to_value(response).unwrap()), ["id-0"]);
    }
    assert!(backend.dead_letters(INPUT).is_empty());
    assert!(stage.attempts(0).is_empty());
}
