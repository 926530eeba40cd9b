//! A function as a real process: its answers, its end, and what it says of a bad environment.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mindmate_domain::StageName;
use mindmate_embedded::{Embedded, Options};
use mindmate_host::config::Program;
use mindmate_host::lambda::serve;
use mindmate_pipeline::{Clock, SystemClock};
use mindmate_testkit::RuntimeApi;
use mindmate_testkit::conformance::samples::{message, message_of_tomorrow};
use mindmate_testkit::runtime_api::Answer;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::support::{
    Behaviour, INPUT, OUTPUT, Scripted, delete_done, failures, function, poll, send_all, sqs_event,
};

const PROGRAM: Program = Program::Stage(StageName::FanOut);

/// Where the function finds its database.
const DATABASE: &str = "MINDMATE_TEST_DATABASE";

fn open(file: &Path) -> Embedded {
    Embedded::open(file, Arc::new(SystemClock), Options::default()).unwrap()
}

/// Not a test: the function that the tests below start, in a process of its own.
#[test]
#[ignore = "it is the function that the others start"]
#[expect(clippy::disallowed_methods, reason = "where the test says that the database is")]
fn the_function() {
    let code = serve(PROGRAM, async |_| {
        let backend = open(std::env::var_os(DATABASE).unwrap().as_ref());
        let stage = Scripted::new([(5, Behaviour::Panic), (7, Behaviour::ThrottledUntil(2))]);
        Ok(function(&stage, backend.queue(INPUT), backend.publisher(), Arc::new(SystemClock)))
    });
    assert_eq!(code, std::process::ExitCode::SUCCESS);
}

/// The function's process, with nothing in its environment but what a test adds.
fn start(environment: impl IntoIterator<Item = (String, String)>) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["process::the_function", "--exact", "--ignored", "--nocapture"])
        .env_clear()
        .envs(environment)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// What the function needs, by example.
fn needed() -> impl Iterator<Item = (String, String)> {
    PROGRAM.needs().into_iter().map(|variable| (variable.name(), variable.example()))
}

fn of_lambda(api: &RuntimeApi) -> impl Iterator<Item = (String, String)> + use<> {
    api.environment().into_iter().map(|(name, value)| (name.to_owned(), value))
}

fn in_a_minute() -> Timestamp {
    SystemClock.now().checked_add(Duration::from_mins(1)).unwrap()
}

struct Running {
    api: RuntimeApi,
    backend: Embedded,
    _process: Child,
    _folder: tempfile::TempDir,
}

async fn running() -> Running {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mindmate.db");
    let backend = open(&file);
    let api = RuntimeApi::start().await;
    let database = (DATABASE.to_owned(), file.display().to_string());
    let process = start(needed().chain(of_lambda(&api)).chain([database]));
    api.polled(1).await;
    Running { api, backend, _process: process, _folder: folder }
}

impl Running {
    async fn invoke(&self, event: &Value) -> Value {
        match self.api.invoke(&event.to_string(), in_a_minute()).await {
            Answer::Response(response) => serde_json::from_str(&response).unwrap(),
            Answer::Error(error) => panic!("expected a response, found {error}"),
        }
    }
}

#[tokio::test]
async fn of_ten_seven_are_done_once_one_is_retried_and_two_are_dead_lettered() {
    let world = running().await;
    let queue = world.backend.queue(INPUT);
    let mut batch: Vec<_> = (0..10).map(|n| message(INPUT, n)).collect();
    batch[3] = message_of_tomorrow(INPUT, 3);
    send_all(&*world.backend.publisher(), &batch).await;
    let received = poll(&*queue).await;
    let response = world.invoke(&sqs_event(&received)).await;
    assert_eq!(failures(&response), ["id-7"]);
    delete_done(&*queue, &received, &response).await;
    assert_eq!(world.backend.queue(OUTPUT).depth().await.unwrap().visible, 7);
    assert_eq!(queue.depth().await.unwrap().dead, 2);
    // Its wait is a second at most.
    let again = queue.receive(10, Duration::from_secs(10)).await.unwrap();
    let response = world.invoke(&sqs_event(&again)).await;
    assert!(failures(&response).is_empty());
    delete_done(&*queue, &again, &response).await;
    assert!(queue.depth().await.unwrap().is_drained());
    assert_eq!(world.backend.queue(OUTPUT).depth().await.unwrap().visible, 8);
}

/// Safety 17: what stands there may be a user's text.
#[tokio::test]
async fn an_event_that_does_not_fit_is_refused_without_quoting_it_and_the_next_one_is_done() {
    let world = running().await;
    let bad = json!({ "Records": "canary: once upon a time" });
    let Answer::Error(error) = world.api.invoke(&bad.to_string(), in_a_minute()).await else {
        panic!("expected an error")
    };
    assert!(error.contains("unreadable-event") && error.contains("SqsEvent"), "{error}");
    assert!(!error.contains("canary"), "{error}");
    let response = world.invoke(&json!({ "Records": [] })).await;
    assert_eq!(response, json!({ "batchItemFailures": [] }));
}

async fn last_words(child: Child) -> String {
    let output = child.wait_with_output().await.unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a_bad_environment_ends_the_function_with_all_that_is_wrong_in_its_log() {
    let api = RuntimeApi::start().await;
    let some = needed().filter(|(name, _)| !name.starts_with("ASSESSMENT"));
    let words = last_words(start(some.chain(of_lambda(&api)))).await;
    let log: Value = serde_json::from_str(words.lines().next().unwrap()).unwrap();
    let error = log["fields"]["error"].as_str().unwrap();
    for name in ["ASSESSMENTS_QUEUE_URL", "ASSESSMENTS_PRIORITY_QUEUE_URL", "ASSESSMENT_RUNS_TABLE"]
    {
        assert!(error.contains(&format!("{name} is not set: expected the")), "{words}");
    }
}

#[tokio::test]
async fn outside_lambda_the_function_says_where_it_belongs() {
    let words = last_words(start(needed())).await;
    assert!(words.contains("AWS_LAMBDA_RUNTIME_API is not set"), "{words}");
    assert!(words.contains("mindmate"), "{words}");
}
