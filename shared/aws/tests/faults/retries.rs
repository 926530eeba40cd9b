//! How the SDK tries a call again, as [`mindmate_aws::calls`] has it.

use std::time::Duration;

use futures::future::join_all;
use mindmate_testkit::conformance::samples::user;

use crate::service::Service;

const THROTTLED: (u16, &str) =
    (400, r#"{"__type":"com.amazonaws#ProvisionedThroughputExceededException"}"#);

/// Many times what all of it takes; who waits for the SDK to let them call waits longer.
const SOON: Duration = Duration::from_secs(5);

/// Whose partition is hot keeps nobody else waiting.
#[tokio::test]
async fn a_person_whose_calls_are_throttled_holds_up_nobody() {
    let service = Service::answering_by(|request| {
        let (status, body) = if request.contains("hot") { THROTTLED } else { (200, "{}") };
        (status, body.to_owned())
    })
    .await;
    let aws = service.aws_that_tries_again().await;
    aws.profiles().profile(&user("hot")).await.unwrap_err();
    let tries = service.requests().len();
    assert_eq!(tries, 3, "a call is made three times");

    let others: Vec<_> = (0..50).map(|n| user(&format!("other-{n}"))).collect();
    let profiles = aws.profiles();
    let others = join_all(others.iter().map(|other| profiles.profile(other)));
    let found = tokio::time::timeout(SOON, others).await.unwrap();
    assert!(found.iter().all(Result::is_ok), "{found:?}");
}

/// Few calls a second are no reason to try none of them again.
#[tokio::test]
async fn a_call_that_was_throttled_is_tried_again_soon() {
    let service = Service::answering(&[THROTTLED, (200, "{}")]).await;
    let aws = service.aws_that_tries_again().await;
    let ada = user("ada");
    let profiles = aws.profiles();
    let found = tokio::time::timeout(SOON, profiles.profile(&ada)).await.unwrap();
    assert!(found.unwrap().is_none());
    assert_eq!(service.requests().len(), 2);
}
