//! A batch that is taken in part.

use mindmate_contracts::QueueName;
use mindmate_pipeline::PortError;
use mindmate_testkit::conformance::samples::{message, record};

use crate::service::Service;

/// What SQS did not take for a fault of its own is sent again alone; what it never takes is not.
#[tokio::test]
async fn messages_that_were_not_taken_are_sent_again_alone() {
    let first = r#"{"Successful":[{"Id":"0","MessageId":"m","MD5OfMessageBody":"x"}],"Failed":[
        {"Id":"1","Code":"InternalError","SenderFault":false},
        {"Id":"2","Code":"InvalidMessageContents","SenderFault":true}]}"#;
    let second =
        r#"{"Successful":[{"Id":"1","MessageId":"m","MD5OfMessageBody":"x"}],"Failed":[]}"#;
    let service = Service::answering(&[(200, first), (200, second)]).await;
    let batch = [0, 1, 2].map(|n| message(QueueName::Scoring, n));
    let results = service.aws().await.publisher().publish(&batch).await;
    assert!(results[0].is_ok() && results[1].is_ok());
    let refused = results[2].as_ref().unwrap_err();
    assert!(matches!(refused, PortError::Permanent { code: "aws-refused", .. }), "{refused}");
    let requests = service.requests();
    assert_eq!(requests.len(), 2);
    let again: serde_json::Value = serde_json::from_str(&requests[1]).unwrap();
    let again = again["Entries"].as_array().unwrap();
    assert_eq!((again.len(), again[0]["Id"].as_str()), (1, Some("1")));
}

#[tokio::test]
async fn records_that_were_not_taken_are_put_again_alone_and_not_for_ever() {
    let failed = r#"{"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"slow"}"#;
    let taken = r#"{"SequenceNumber":"1","ShardId":"shardId-000000000000"}"#;
    let first = format!(r#"{{"FailedRecordCount":1,"Records":[{taken},{failed}]}}"#);
    let later = format!(r#"{{"FailedRecordCount":1,"Records":[{failed}]}}"#);
    let service = Service::answering(&[(200, &first), (200, &later)]).await;
    let batch = [record("a", 0), record("b", 1)];
    let results = service.aws().await.publisher().publish(&batch).await;
    assert!(results[0].is_ok());
    let error = results[1].as_ref().unwrap_err();
    assert!(matches!(error, PortError::Transient { .. }), "{error}");
    let requests = service.requests();
    assert_eq!(requests.len(), 4, "four tries");
    let again: serde_json::Value = serde_json::from_str(&requests[1]).unwrap();
    assert_eq!(again["Records"].as_array().unwrap().len(), 1);
}

/// A call takes at most 500 records, and each is in one call.
#[tokio::test]
async fn records_go_in_as_few_calls_as_their_limit_allows() {
    let taken = r#"{"SequenceNumber":"1","ShardId":"shardId-000000000000"}"#;
    let all = vec![taken; 500].join(",");
    let answer = format!(r#"{{"FailedRecordCount":0,"Records":[{all}]}}"#);
    let service = Service::answering(&[(200, &answer)]).await;
    let batch: Vec<_> = (0..501).map(|n| record("a", n)).collect();
    let results = service.aws().await.publisher().publish(&batch).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 501);
    let mut counts: Vec<usize> = service
        .requests()
        .iter()
        .map(|body| serde_json::from_str::<serde_json::Value>(body).unwrap())
        .map(|body| body["Records"].as_array().unwrap().len())
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 500]);
}

/// A record that the answer does not speak of was not taken: it is put again, with those that
/// failed, in their order and nothing else.
#[tokio::test]
async fn records_that_an_answer_leaves_out_are_put_again() {
    let failed = r#"{"ErrorCode":"InternalFailure","ErrorMessage":"later"}"#;
    let taken = r#"{"SequenceNumber":"1","ShardId":"shardId-000000000000"}"#;
    let first = format!(r#"{{"FailedRecordCount":1,"Records":[{failed},{taken}]}}"#);
    let second = format!(r#"{{"FailedRecordCount":0,"Records":[{taken},{taken}]}}"#);
    let service = Service::answering(&[(200, &first), (200, &second)]).await;
    let batch = [record("a", 0), record("b", 1), record("c", 2)];
    let results = service.aws().await.publisher().publish(&batch).await;
    assert!(results.iter().all(Result::is_ok));
    let requests: Vec<serde_json::Value> =
        service.requests().iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    let keys = |request: &serde_json::Value| -> Vec<String> {
        let records = request["Records"].as_array().unwrap().iter();
        records.map(|one| one["PartitionKey"].as_str().unwrap().to_owned()).collect()
    };
    let put = keys(&requests[0]);
    assert_eq!((put.len(), requests.len()), (3, 2));
    assert_eq!(keys(&requests[1]), [put[0].clone(), put[2].clone()]);
}

/// Reads left undone are asked for again, and never taken for nothing.
#[tokio::test]
async fn keys_that_were_not_read_are_asked_for_again() {
    use mindmate_testkit::conformance::samples::{AS_OF, as_of, user};
    let key = r#"{"userId":{"S":"ada"},"timestamp":{"S":"2026-11-22T06:00:00.000Z"}}"#;
    let left = format!(r#"{{"assessments":{{"Keys":[{key}]}}}}"#);
    let undone = format!(r#"{{"Responses":{{}},"UnprocessedKeys":{left}}}"#);
    let service = Service::answering(&[(200, &undone)]).await;
    let assessments = service.aws().await.assessments();
    let error = assessments.get_many(&[user("ada")], as_of(AS_OF)).await.unwrap_err();
    assert!(matches!(error, PortError::Transient { .. }), "{error}");
    let service = Service::answering(&[(200, &undone), (200, r#"{"Responses":{}}"#)]).await;
    let assessments = service.aws().await.assessments();
    assert!(assessments.get_many(&[user("ada")], as_of(AS_OF)).await.unwrap().is_empty());
    assert_eq!(service.requests().len(), 2);
}
