//! A small Lambda: the Runtime API on 127.0.0.1, for functions that run as real processes.
//!
//! As AWS documents it ("Using the Lambda runtime API"): `GET …/invocation/next` waits for an
//! event, `POST …/invocation/{id}/response` and `…/error` answer it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;

const NEXT: &str = "/2018-06-01/runtime/invocation/next";

/// What a function answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Its response.
    Response(String),
    /// Its error, as JSON with `errorType` and `errorMessage`.
    Error(String),
}

/// The Runtime API of one function.
pub struct RuntimeApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    answers: Mutex<mpsc::UnboundedReceiver<(String, Answer)>>,
    ids: AtomicU64,
    server: JoinHandle<()>,
}

struct Shared {
    to_invoke: mpsc::UnboundedSender<Event>,
    events: Mutex<mpsc::UnboundedReceiver<Event>>,
    answered: mpsc::UnboundedSender<(String, Answer)>,
    polls: watch::Sender<u64>,
}

struct Event {
    id: String,
    deadline: Timestamp,
    payload: String,
}

impl RuntimeApi {
    /// Listens on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (to_invoke, events) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let (polls, events) = (watch::Sender::new(0), Mutex::new(events));
        let shared = Arc::new(Shared { to_invoke, events, answered, polls });
        let server = tokio::spawn(accept(listener, Arc::clone(&shared)));
        let answers = Mutex::new(answers);
        Self { address, shared, answers, ids: AtomicU64::new(1), server }
    }

    /// What Lambda sets in a function's environment.
    pub fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("AWS_LAMBDA_RUNTIME_API", self.address.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", "mindmate-under-test".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ]
    }

    /// Returns when the function has polled this often.
    pub async fn polled(&self, times: u64) {
        let mut polls = self.shared.polls.subscribe();
        polls.wait_for(|polls| *polls >= times).await.expect("the API is there");
    }

    /// Invokes the function and waits for its answer. One invocation at a time, as Lambda does.
    pub async fn invoke(&self, payload: &str, deadline: Timestamp) -> Answer {
        let mut answers = self.answers.lock().await;
        let id = format!("request-{}", self.ids.fetch_add(1, Ordering::SeqCst));
        let event = Event { id: id.clone(), deadline, payload: payload.to_owned() };
        self.shared.to_invoke.send(event).expect("the API is there");
        let (answered, answer) = answers.recv().await.expect("an answer");
        assert_eq!(answered, id, "the function answered another invocation");
        answer
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((connection, _)) = listener.accept().await {
        // Ends with its connection: the function's end is no error of the API.
        tokio::spawn(serve(connection, Arc::clone(&shared)));
    }
}

/// Serves the requests of one connection, one after another.
async fn serve(connection: TcpStream, shared: Arc<Shared>) -> std::io::Result<()> {
    let mut connection = BufReader::new(connection);
    while let Some((path, body)) = request(&mut connection).await? {
        if path == NEXT {
            shared.polls.send_modify(|polls| *polls += 1);
            let event = shared.events.lock().await.recv().await;
            let Some(Event { id, deadline, payload }) = event else {
                return Ok(());
            };
            let headers = format!(
                "Lambda-Runtime-Aws-Request-Id: {id}\r\nLambda-Runtime-Deadline-Ms: {}\r\nLambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:mindmate-under-test\r\n",
                deadline.as_millisecond()
            );
            respond(&mut connection, "200 OK", &headers, &payload).await?;
            continue;
        }
        let known = answer(&path, body).is_some_and(|answer| shared.answered.send(answer).is_ok());
        let status = if known { "202 Accepted" } else { "404 Not Found" };
        respond(&mut connection, status, "", "").await?;
    }
    Ok(())
}

/// The path and body of the next request; none where the connection is closed.
async fn request(
    connection: &mut BufReader<TcpStream>,
) -> std::io::Result<Option<(String, String)>> {
    let mut line = String::new();
    if connection.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut chunked) = (0, false);
    loop {
        line.clear();
        connection.read_line(&mut line).await?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().expect("a length"),
            "transfer-encoding" => chunked = value.trim().eq_ignore_ascii_case("chunked"),
            _ => {}
        }
    }
    let body =
        if chunked { chunks(connection).await? } else { exactly(connection, length).await? };
    Ok(Some((path, String::from_utf8(body).expect("a body of text"))))
}

async fn exactly(connection: &mut BufReader<TcpStream>, length: usize) -> std::io::Result<Vec<u8>> {
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await?;
    Ok(body)
}

async fn chunks(connection: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        connection.read_line(&mut size).await?;
        let size = usize::from_str_radix(size.trim(), 16).expect("a chunk's size");
        body.extend(exactly(connection, size).await?);
        exactly(connection, 2).await?;
        if size == 0 {
            return Ok(body);
        }
    }
}

async fn respond(
    connection: &mut BufReader<TcpStream>,
    status: &str,
    headers: &str,
    body: &str,
) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(body.as_bytes()).await?;
    connection.flush().await
}

/// The invocation that a request answers, and how.
fn answer(path: &str, body: String) -> Option<(String, Answer)> {
    let rest = path.strip_prefix("/2018-06-01/runtime/invocation/")?;
    match rest.split_once('/')? {
        (id, "response") => Some((id.to_owned(), Answer::Response(body))),
        (id, "error") => Some((id.to_owned(), Answer::Error(body))),
        _ => None,
    }
}
