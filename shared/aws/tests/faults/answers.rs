//! A whole call that fails.

use std::time::Duration;

use mindmate_contracts::QueueName;
use mindmate_pipeline::PortError;
use mindmate_pipeline::ports::Notice;
use mindmate_testkit::conformance::samples::{AS_OF, instant, message, record, user};

use crate::service::{Service, aws_at};

fn said(code: &str, words: &str) -> String {
    format!(r#"{{"__type":"com.amazonaws#{code}","message":"{words}","Message":"{words}"}}"#)
}

/// One call of a service that gives this answer.
async fn profile(status: u16, body: &str) -> PortError {
    let aws = Service::answering(&[(status, body)]).await.aws().await;
    aws.profiles().profile(&user("ada")).await.unwrap_err()
}

async fn receive(status: u16, body: &str) -> PortError {
    let aws = Service::answering(&[(status, body)]).await.aws().await;
    aws.queue(QueueName::Scoring).receive(1, Duration::ZERO).await.unwrap_err()
}

fn is_transient(error: &PortError) -> bool {
    matches!(error, PortError::Transient { .. })
}

#[tokio::test]
async fn throttling_and_failing_services_are_transient() {
    for code in ["ThrottlingException", "ProvisionedThroughputExceededException"] {
        let error = profile(400, &said(code, "slow down")).await;
        assert!(is_transient(&error) && error.to_string().contains(code), "{error}");
    }
    for status in [500, 502, 503] {
        assert!(is_transient(&profile(status, "").await), "{status}");
        assert!(is_transient(&receive(status, "<html>").await), "{status}");
    }
    let aws = Service::answering(&[(503, "")]).await.aws().await;
    for sent in aws.publisher().publish(&[message(QueueName::Scoring, 0), record("a", 0)]).await {
        assert!(is_transient(&sent.unwrap_err()));
    }
    let error = aws.writer("a-model").write(&prompt()).await.unwrap_err();
    assert!(is_transient(&error), "{error}");
    let error = aws.pseudonym_key("config/pseudonym.key").await.map(drop).unwrap_err();
    assert!(is_transient(&error), "{error}");
}

fn prompt() -> mindmate_domain::intervention::Prompt {
    let (instructions, request) = ("be kind".to_owned(), "write".to_owned());
    mindmate_domain::intervention::Prompt { instructions, request }
}

/// The table of notices answers, the topic does not: nobody was told, so it is tried again.
#[tokio::test]
async fn a_page_that_was_not_sent_is_not_remembered() {
    let service = Service::answering(&[(200, "{}"), (500, "")]).await;
    let notice = Notice { id: "one".to_owned(), at: instant(AS_OF), text: "look".to_owned() };
    let error = service.aws().await.notifier().notify(&notice).await.unwrap_err();
    assert!(is_transient(&error), "{error}");
    assert_eq!(service.requests().len(), 2, "a look and a page, no note");
}

/// Who is called out of bed by a person's page is not by the summary of a run.
#[tokio::test]
async fn a_notice_about_a_run_has_a_subject_of_its_own() {
    let sent = r#"<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>
        <MessageId>m</MessageId></PublishResult></PublishResponse>"#;
    for (id, subject) in [
        ("criticalNotDelivered/u:1/asOf", "somebody+needs+a+human+now"),
        ("run/daily-2026-11-22/complete", "what+became+of+a+daily+run"),
    ] {
        let service = Service::answering(&[(200, "{}"), (200, sent), (200, "{}")]).await;
        let notice = Notice { id: id.to_owned(), at: instant(AS_OF), text: "look".to_owned() };
        service.aws().await.notifier().notify(&notice).await.unwrap();
        let page = service.requests()[1].replace("%20", "+");
        assert!(page.contains(subject), "{page}");
    }
}

/// Where the table of notices is down, nobody says that a notice was not sent.
#[tokio::test]
async fn a_notice_that_cannot_be_looked_up_is_not_called_unsent() {
    let service = Service::answering(&[(500, "")]).await;
    let error = service.aws().await.notifier().was_sent("one").await.unwrap_err();
    assert!(is_transient(&error), "{error}");
}

/// An operator mends it, and what waits goes on.
#[tokio::test]
async fn what_an_operator_can_mend_is_transient_and_says_what_it_is() {
    let words = "Requested resource not found: Table: app not found";
    let error = profile(400, &said("ResourceNotFoundException", words)).await;
    assert!(is_transient(&error) && error.to_string().contains("Table: app"), "{error}");
    let words = "The security token included in the request is expired";
    let error = profile(400, &said("ExpiredTokenException", words)).await;
    assert!(is_transient(&error) && error.to_string().contains("expired"), "{error}");
    let words = "The specified queue does not exist.";
    let error = receive(400, &said("QueueDoesNotExist", words)).await;
    assert!(is_transient(&error) && error.to_string().contains("does not exist"), "{error}");
}

/// Safety 17: a service may quote a key, and a key holds a user's id.
#[tokio::test]
async fn a_refused_request_is_permanent_and_quotes_nobody() {
    let words = "One or more parameter values are not valid: USER#ada-lovelace";
    let error = profile(400, &said("ValidationException", words)).await;
    assert!(matches!(&error, PortError::Permanent { code: "aws-refused", .. }), "{error}");
    assert!(!error.to_string().contains("ada"), "{error}");
    assert!(!format!("{error:?}").contains("ada"), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_and_no_answer_are_transient() {
    assert!(is_transient(&profile(200, "<html>").await));
    let nobody = aws_at("http://127.0.0.1:9").await;
    let error = nobody.profiles().profile(&user("ada")).await.unwrap_err();
    assert!(is_transient(&error) && error.to_string().contains("no connection"), "{error}");
}
