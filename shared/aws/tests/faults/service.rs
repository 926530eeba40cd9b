//! A service that answers what a test tells it to, one answer a request.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_sdk_dynamodb::config::Credentials;
use mindmate_aws::{Aws, Names, QueueUrls, SdkConfig, StreamTarget, calls};
use mindmate_contracts::{QueueName, StreamName};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What makes an answer of a request's body.
type Answer = dyn Fn(&str) -> (u16, String) + Send + Sync;

/// What answers, and the bodies of the requests that came.
struct Shared {
    answer: Box<Answer>,
    requests: Mutex<Vec<String>>,
}

/// The service.
pub(crate) struct Service {
    shared: Arc<Shared>,
    endpoint: String,
}

impl Service {
    /// One that gives these answers in turn; the last one again and again.
    pub(crate) async fn answering(answers: &[(u16, &str)]) -> Self {
        let answers = answers.iter().map(|(status, body)| (*status, (*body).to_owned()));
        let answers = Mutex::new(answers.collect::<VecDeque<_>>());
        Self::answering_by(move |_| {
            let mut answers = answers.lock().unwrap();
            let next = answers.front().cloned().unwrap();
            if answers.len() > 1 {
                answers.pop_front();
            }
            next
        })
        .await
    }

    /// One that looks at each request before it answers.
    pub(crate) async fn answering_by(
        answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { answer: Box::new(answer), requests: Mutex::default() });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        Self { shared, endpoint }
    }

    /// AWS as this service is it: every call goes here, and once.
    pub(crate) async fn aws(&self) -> Aws {
        aws_at(&self.endpoint).await
    }

    /// AWS as this service is it, where calls are made as in production, but tried again without long waits.
    pub(crate) async fn aws_that_tries_again(&self) -> Aws {
        let config = calls(at(&self.endpoint)).load().await;
        let retries = config.retry_config().unwrap().clone();
        let retries = retries.with_initial_backoff(Duration::from_millis(10));
        aws_with(config.into_builder().retry_config(retries).build(), &self.endpoint)
    }

    /// The bodies of the requests that came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }
}

/// AWS at an endpoint, without the SDK's own retries.
pub(crate) async fn aws_at(endpoint: &str) -> Aws {
    let config = at(endpoint).retry_config(RetryConfig::disabled()).load().await;
    aws_with(config, endpoint)
}

fn at(endpoint: &str) -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .endpoint_url(endpoint)
}

fn aws_with(config: SdkConfig, endpoint: &str) -> Aws {
    let urls = |name: QueueName| {
        let url = |kind| format!("{endpoint}/1/{}{kind}", name.name());
        QueueUrls { queue: url(""), dead: Some(url("-dlq")) }
    };
    let outcomes =
        StreamTarget { name: "outcomes".to_owned(), dead: format!("{endpoint}/1/outcomes-dlq") };
    let names = Names {
        queues: QueueName::ALL
            .into_iter()
            .map(|name| (name, urls(name)))
            .collect::<BTreeMap<_, _>>(),
        streams: [(StreamName::Outcomes, outcomes)].into(),
        app_table: "app".to_owned(),
        assessments_table: "assessments".to_owned(),
        interventions_table: "interventions".to_owned(),
        runs_table: "runs".to_owned(),
        training_jobs_table: "training-jobs".to_owned(),
        activity_table: "activity".to_owned(),
        alerts_topic: "arn:aws:sns:us-east-1:000000000000:alerts".to_owned(),
        bucket: "bucket".to_owned(),
    };
    Aws::new(config, names)
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut stream = BufReader::new(stream);
    while let Some(body) = request(&mut stream).await {
        let (status, answer) = (shared.answer)(&body);
        shared.requests.lock().unwrap().push(body);
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", answer.len());
        if stream.get_mut().write_all((head + &answer).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The body of the next request, or nothing where the connection ends.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(String::from_utf8_lossy(&body).into_owned())
}
