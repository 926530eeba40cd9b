//! How long it takes from the write of a text with crisis language to the helplines in the chat, on
//! one machine, while others are assessed in the background.
//!
//! `mindmate serve` works in a process of its own; this one writes as the app would. Beside that it
//! asks for 1,000 assessments a second of people with 60 days of history, by the standard queue.
//!
//!     cargo bench -p mindmate-cli --bench reach [-- TEXTS BACKGROUND_A_SECOND STANDARD_QUEUE]
//!
//! `STANDARD_QUEUE` messages lie in each standard queue when it begins (0 unless it is given).

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mindmate_contracts::messages::{
    AssessmentRequested, FeaturesExtracted, InterventionRequested, Request, Trigger,
};
use mindmate_contracts::{Message as _, QueueName, RawEvent};
use mindmate_domain::app::{AppItem, Author, DiaryText, Event, EventKind};
use mindmate_domain::instant::key_form;
use mindmate_domain::intervention::DeliveryStatus;
use mindmate_domain::{AsOf, CrisisCheck, RiskLevel, StageName, UserId};
use mindmate_embedded::{AppWrite, Embedded, Options};
use mindmate_pipeline::{Clock as _, Outbox, Outgoing, SystemClock};

const PEOPLE: u32 = 1_000;
const CRISIS: &str = "I have the pills here and I am going to kill myself tonight";
const BETWEEN_TEXTS: Duration = Duration::from_millis(100);

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<u32>().ok());
    let texts = numbers.next().unwrap_or(200);
    let background = numbers.next().unwrap_or(1_000);
    let standing = numbers.next().unwrap_or(0);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(reach(texts, background, standing));
}

async fn reach(texts: u32, background: u32, standing: u32) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let people = PEOPLE.to_string();
    let made = mindmate(&data, &["cohort", "--users", &people, "--days", "60"]).wait().unwrap();
    assert!(made.success());
    // Today's run first, so that `serve` has none to make.
    assert!(mindmate(&data, &["daily"]).wait().unwrap().success());
    let options = Options::default();
    let backend =
        Embedded::open(&data.join("mindmate.db"), Arc::new(SystemClock), options).unwrap();
    lay(&backend, standing).await;
    let serving = Serving(mindmate(&data, &["serve"]));
    // It has its word lists by then.
    SystemClock.sleep(Duration::from_secs(3)).await;

    let began = SystemClock.now();
    let asking = tokio::spawn(ask(backend.clone(), background));
    let mut written = Vec::new();
    for n in 0..texts {
        written.push(write(&backend, n).await);
        SystemClock.sleep(BETWEEN_TEXTS).await;
    }
    let seconds = SystemClock.now().duration_since(began).as_secs_f64();
    SystemClock.sleep(Duration::from_secs(5)).await;
    asking.abort();
    let mut took = Vec::new();
    for (user, at) in written {
        took.push(reached(&backend, &user, at).await);
    }
    let made = made_since(&backend, began).await;
    drop(serving);
    let unreached = took.iter().filter(|it| it.is_none()).count();
    tell(took, (texts, background, standing), made as f64 / (seconds + 5.0));
    assert_eq!(unreached, 0, "nobody is left out of the figures");
}

fn mindmate(data: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mindmate"));
    command.arg("--data").arg(data).args(args).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// The stages, which end with the benchmark, however that ends.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // Either fails where it has ended.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A text of somebody's own, and when it was written.
async fn write(backend: &Embedded, n: u32) -> (UserId, Timestamp) {
    let user = UserId::new(&format!("reach-{n}")).unwrap();
    let at = SystemClock.now();
    let kind = EventKind::Chat { author: Author::User, text: DiaryText::new(CRISIS) };
    let item = AppItem::Event(Event { at, sk: format!("CHAT#{}", key_form(at)), kind });
    let write = AppWrite::new(&user, &item, at).unwrap();
    backend.write_as_app(vec![write]).await.unwrap();
    (user, at)
}

/// How long it took until the helplines were in the chat; `None` where they are not there yet.
async fn reached(backend: &Embedded, user: &UserId, at: Timestamp) -> Option<SignedDuration> {
    let made = backend.interventions().latest(user, 10).await.unwrap();
    made.iter().find_map(|stored| match stored.status {
        DeliveryStatus::Delivered { at: delivered } => Some(delivered.duration_since(at)),
        DeliveryStatus::Pending => None,
    })
}

/// Requests in the standard queue, a tenth of a second's together, each of an instant of its own.
async fn ask(backend: Embedded, a_second: u32) {
    let publisher = backend.publisher();
    let mut n = 0_u32;
    loop {
        let began = SystemClock.now();
        let batch: Vec<_> = (0..a_second / 10).map(|_| request(&mut n)).collect();
        for sent in publisher.publish(&batch).await {
            sent.unwrap();
        }
        let took = SystemClock.now().duration_since(began).unsigned_abs();
        SystemClock.sleep(Duration::from_millis(100).saturating_sub(took)).await;
    }
}

/// Messages that stand in each standard queue: as each stage gets them, of people in no crisis.
async fn lay(backend: &Embedded, standing: u32) {
    let publisher = backend.publisher();
    let examples = mindmate_contracts::examples::all().unwrap();
    let body = |name| &examples.iter().find(|example| example.name == name).unwrap().body;
    let extracted = RawEvent::parse(body(FeaturesExtracted::NAME)).unwrap();
    let extracted: FeaturesExtracted = extracted.data().unwrap();
    let wanted = RawEvent::parse(body(InterventionRequested::NAME)).unwrap();
    let wanted: InterventionRequested = wanted.data().unwrap();
    let mut n = 0;
    while n < standing {
        let batch: Vec<_> = (0..1_000)
            .flat_map(|_| {
                let asked = request(&mut n);
                let crisis = CrisisCheck::Read { signals: Vec::new() };
                let request = of(n);
                let extracted = FeaturesExtracted { request, crisis, ..extracted.clone() };
                let wanted = InterventionRequested {
                    request: of(n),
                    level: RiskLevel::Low,
                    ..wanted.clone()
                };
                [
                    asked,
                    lain(QueueName::Scoring, &extracted),
                    lain(QueueName::Interventions, &wanted),
                ]
            })
            .collect();
        for sent in publisher.publish(&batch).await {
            sent.unwrap();
        }
    }
}

fn lain<M: mindmate_contracts::Message>(queue: QueueName, message: &M) -> Outgoing {
    let outbox = Outbox::new(StageName::FanOut, SystemClock.now());
    outbox.to_queue(queue, format!("reach/{queue}"), message).unwrap()
}

fn request(n: &mut u32) -> Outgoing {
    *n += 1;
    lain(QueueName::Assessments, &AssessmentRequested { request: of(*n), seen: Vec::new() })
}

/// A request of now, of one of the people.
fn of(n: u32) -> Request {
    Request {
        user_id: UserId::new(&format!("syn-{:07}", n % PEOPLE)).unwrap(),
        as_of: AsOf::just_after(SystemClock.now()),
        run: None,
        trigger: Trigger::Daily,
        urgent: false,
        historical: false,
    }
}

async fn made_since(backend: &Embedded, began: Timestamp) -> u64 {
    let window = mindmate_domain::Window { after: began, until: SystemClock.now() };
    backend.totals(window).await.unwrap().assessments
}

fn tell(
    took: Vec<Option<SignedDuration>>,
    (texts, background, standing): (u32, u32, u32),
    a_second: f64,
) {
    let mut took: Vec<_> = took.into_iter().flatten().map(|it| it.as_millis()).collect();
    took.sort_unstable();
    let at = |percent: usize| {
        let place = (took.len() * percent).div_ceil(100);
        took.get(place.saturating_sub(1)).copied().unwrap_or_default()
    };
    println!(
        "{texts} texts, {background} background requests a second, {standing} messages in each standard queue before"
    );
    println!("reached {}, assessed {a_second:.0} users a second", took.len());
    println!("ms  p50 {}  p90 {}  p99 {}  max {}", at(50), at(90), at(99), at(100));
}
