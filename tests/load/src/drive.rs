//! Drives a run: sends by the schedule, listens to the outcomes, looks at depths, and waits for the
//! end.
//!
//! | part | what it does | what fails, and what then happens |
//! | --- | --- | --- |
//! | sending | each request at its instant, whatever became of those before it | what cannot be sent ends the run with the error |
//! | listening | reads the stream of outcomes as a consumer group of its own, `load` | what cannot be read as an outcome is passed over: the request counts as missing |
//! | looking | depths, processor time, memory, four times a second or less | a look that fails ends the run with the error |
//! | the stages | where they run in this process | their error ends the run |

mod watch;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::Histogram;
use jiff::Timestamp;
use mindmate_contracts::messages::Outcome;
use mindmate_contracts::{Contract as _, QueueName, RawEvent, StreamName};
use mindmate_pipeline::daily::DailyRuns;
use mindmate_pipeline::ports::Settlement;
use mindmate_pipeline::{Outgoing, publish_all};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::watch::Watch;
use crate::book::{Book, Totals, record};
use crate::check;
use crate::plan::Plan;
use crate::process::{self, Use};
use crate::result::{Limit, LoadResult, ProcessUse, Quantiles, Sample};
use crate::scenario::Scenario;
use crate::target::Target;

/// Requests that are sent together when several are due.
const TOGETHER: usize = 250;

/// Records of the stream of outcomes that are read at once.
const READ: usize = 1_000;

/// The consumer group of the harness.
const GROUP: &str = "load";

/// What the parts of a run share.
pub(crate) struct Shared<'a> {
    pub(crate) target: &'a Target,
    pub(crate) plan: Plan,
    pub(crate) began: Timestamp,
    book: Mutex<Book>,
    sending: Mutex<Histogram<u64>>,
    sent: AtomicU64,
    all_sent: AtomicU64,
}

impl Shared<'_> {
    pub(crate) fn elapsed(&self) -> Duration {
        let passed = self.target.clock.now().duration_since(self.began);
        Duration::try_from(passed).unwrap_or_default()
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn totals(&self) -> Totals {
        self.book().totals()
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn is_all_sent(&self) -> bool {
        self.all_sent.load(Ordering::Relaxed) == 1
    }

    fn note_sent(&self, dues: &[Duration]) {
        let now = self.elapsed();
        let mut sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        for due in dues {
            let late = now.saturating_sub(*due).as_micros();
            record(&mut sending, u64::try_from(late).unwrap_or(u64::MAX));
        }
        self.sent.fetch_add(dues.len() as u64, Ordering::Relaxed);
    }
}

/// Runs a scenario. `lose` requests, of a daily wave shards, are taken out of their queue before any stage sees
/// them: for trying whether the check at the end finds that.
///
/// # Errors
/// What the backend or a stage says; the load is not measured then. A ledger that does not close is
/// no error: see [`LoadResult`].
pub async fn run(target: &Target, scenario: &Scenario, lose: usize) -> anyhow::Result<LoadResult> {
    let (plan, book) = Plan::lay(scenario, &*target.ports.ledger, &*target.clock).await?;
    let dead_before = check::dead_letters(target).await?;
    let mut shared = Shared {
        target,
        plan,
        began: target.clock.now(),
        book: Mutex::new(book),
        sending: Mutex::new(Histogram::new(3)?),
        sent: AtomicU64::new(0),
        all_sent: AtomicU64::new(0),
    };
    let taken = take_away(&shared, lose).await?;
    let (stop, stopped) = mpsc::channel(2);
    let stages = target.worker.as_ref().map(|worker| {
        let worker = Arc::clone(worker);
        tokio::spawn(async move { worker.run(stopped).await })
    });
    // The stages have begun to poll by then.
    target.clock.sleep(Duration::from_millis(300)).await;
    shared.began = target.clock.now();
    let before = process::used().unwrap_or_default();
    let watch = Watch::new(&shared, scenario);
    let measured = tokio::select! {
        ended = parts(&shared, &watch, taken) => ended,
        error = ended_early(stages) => Err(error),
    };
    // A worker that ended by itself hears nothing any more.
    if stop.send(()).await.is_ok() {
        stop.send(()).await.ok();
    }
    measured?;
    let samples = watch.into_samples();
    let ledger = check::check(&shared, dead_before).await?;
    Ok(result(&shared, scenario, samples, before, ledger))
}

/// Sends, listens and looks, until everything is known or nothing comes any more.
async fn parts(shared: &Shared<'_>, watch: &Watch<'_>, taken: usize) -> anyhow::Result<()> {
    let sending = async {
        send(shared, taken).await.context("not all requests could be sent")?;
        shared.all_sent.store(1, Ordering::Relaxed);
        std::future::pending::<anyhow::Result<()>>().await
    };
    tokio::select! {
        failed = sending => failed,
        failed = listen(shared) => failed,
        failed = watch.look() => failed,
        ended = watch.until_the_end() => ended,
    }
}

type Stages = tokio::task::JoinHandle<Result<(), mindmate_pipeline::PortError>>;

/// The error of stages that end before they are told to.
async fn ended_early(stages: Option<Stages>) -> anyhow::Error {
    let Some(stages) = stages else { return std::future::pending().await };
    match stages.await {
        Ok(Ok(())) => anyhow::anyhow!("the stages ended before they were told to"),
        Ok(Err(error)) => anyhow::Error::new(error).context("the stages cannot go on"),
        Err(error) => anyhow::Error::new(error).context("the stages broke off"),
    }
}

/// Sends each request at its instant. The first `skipped` were sent before, and then a daily wave was whole.
async fn send(shared: &Shared<'_>, skipped: usize) -> anyhow::Result<()> {
    let (plan, target) = (&shared.plan, shared.target);
    let publisher = &target.ports.publisher;
    if plan.is_wave {
        return if skipped == 0 { request_shards(shared).await } else { Ok(()) };
    }
    // Each batch in a task of its own: one that is slow to be sent holds up none after it.
    let mut sending = JoinSet::new();
    let mut next = skipped;
    while let Some(first) = plan.requests.get(next) {
        let wait = first.arrival.due().saturating_sub(shared.elapsed());
        if !wait.is_zero() {
            target.clock.sleep(wait).await;
            continue;
        }
        let now = shared.elapsed();
        let due = plan.requests[next..].iter().take_while(|one| one.arrival.due() <= now);
        let dues: Vec<_> = due.take(TOGETHER).map(|one| one.arrival.due()).collect();
        let batch: Vec<Outgoing> = (next..next + dues.len())
            .map(|index| plan.message(index, &*target.clock))
            .collect::<anyhow::Result<_>>()?;
        next += dues.len();
        let publisher = publisher.clone();
        sending.spawn(async move { publish_all(&*publisher, &batch).await.map(|()| dues) });
        while let Some(sent) = sending.try_join_next() {
            shared.note_sent(&sent??);
        }
    }
    while let Some(sent) = sending.join_next().await {
        shared.note_sent(&sent??);
    }
    Ok(())
}

/// Begins the daily wave.
async fn request_shards(shared: &Shared<'_>) -> anyhow::Result<()> {
    let target = shared.target;
    let runs = DailyRuns::new(target.ports.ledger.clone(), target.ports.publisher.clone());
    runs.request_shards(&shared.plan.run, target.clock.now()).await?;
    Ok(())
}

/// Sends the first messages, takes them out of their queue again, and says how many: of a daily wave all of its
/// shards are sent then, of anything else as many requests as are taken.
async fn take_away(shared: &Shared<'_>, lose: usize) -> anyhow::Result<usize> {
    let (plan, ports) = (&shared.plan, &shared.target.ports);
    let sends = if plan.is_wave { usize::from(plan.run.shards) } else { plan.requests.len() };
    anyhow::ensure!(
        lose <= sends,
        "expected at most {sends} to take away, as many as the harness sends, found {lose}"
    );
    if lose > 0 && plan.is_wave {
        request_shards(shared).await?;
    }
    let name = if plan.is_wave { QueueName::FanOut } else { QueueName::Assessments };
    let queue = ports.channels.queue(name);
    for index in 0..lose {
        if !plan.is_wave {
            let message = plan.message(index, &*shared.target.clock)?;
            publish_all(&*ports.publisher, &[message]).await?;
            shared.note_sent(&[Duration::ZERO]);
        }
        let taken = queue.receive(1, Duration::from_secs(5)).await?;
        let taken = taken.first().context("what was sent is not in its queue")?;
        queue.settle(taken, &Settlement::Delete).await?;
    }
    Ok(lose)
}

/// Reads the outcomes, for ever.
async fn listen(shared: &Shared<'_>) -> anyhow::Result<()> {
    let (target, idle) = (shared.target, idle(shared.target));
    let source = target.ports.channels.stream(StreamName::Outcomes, GROUP);
    loop {
        let records = source.read(READ).await.context("the outcomes cannot be read")?;
        let seen = shared.elapsed();
        {
            let mut book = shared.book();
            for record in &records {
                if let Some(outcome) = outcome(&record.body) {
                    book.take(&outcome, seen);
                }
            }
        }
        match records.last() {
            Some(last) => source.checkpoint(last.sequence).await?,
            None => target.clock.sleep(idle).await,
        }
    }
}

fn outcome(body: &str) -> Option<Outcome> {
    let event = RawEvent::parse(body).ok()?;
    Outcome::decode(&event).ok()
}

/// How long a stream that had nothing is left alone. Kinesis allows five reads a second.
fn idle(target: &Target) -> Duration {
    Duration::from_millis(if target.backend == "local" { 2 } else { 250 })
}

fn result(
    shared: &Shared<'_>,
    scenario: &Scenario,
    series: Vec<Sample>,
    before: Use,
    ledger: crate::result::LedgerCheck,
) -> LoadResult {
    let book = shared.book();
    let elapsed_seconds = book.last().as_secs_f64();
    let known = ledger.assessed + ledger.skipped + ledger.dead_lettered;
    let users_a_second = if elapsed_seconds > 0.0 { known as f64 / elapsed_seconds } else { 0.0 };
    let used = process::used().unwrap_or_default();
    let cpu_seconds = used.cpu_seconds - before.cpu_seconds;
    let assessment = Quantiles::of(book.assessments());
    let sending = shared.sending.lock().unwrap_or_else(PoisonError::into_inner);
    let stages = shared.target.worker.iter().flat_map(|worker| worker.times().histograms());
    LoadResult {
        scenario: scenario.clone(),
        backend: shared.target.backend.to_owned(),
        began_at: mindmate_domain::instant::key_form(shared.began),
        cores: process::cores(),
        release: !cfg!(debug_assertions),
        elapsed_seconds,
        users_a_second,
        assessment,
        delivery: Quantiles::of(book.deliveries()),
        sending: Quantiles::of(&sending),
        stages: stages.map(|(stage, times)| (stage.to_string(), Quantiles::of(&times))).collect(),
        process: ProcessUse {
            cpu_seconds,
            writer_cpu_seconds: used.writer_cpu_seconds - before.writer_cpu_seconds,
            cpu_ms_a_request: cpu_seconds * 1e3 / (known.max(1) as f64),
            peak_rss_mib: series.iter().map(|sample| sample.rss_mib).fold(used.rss_mib, f64::max),
        },
        bare: None,
        limits: limits(scenario, users_a_second, assessment),
        ledger,
        series,
    }
}

fn limits(scenario: &Scenario, users_a_second: f64, assessment: Quantiles) -> Vec<Limit> {
    let p99_ms = assessment.p99_us as f64 / 1e3;
    let least = scenario.limits.users_a_second.map(|limit| Limit {
        what: "users a second, at least".to_owned(),
        limit,
        figure: users_a_second,
        met: users_a_second >= limit,
    });
    let most = scenario.limits.assessment_p99_ms.map(|limit| Limit {
        what: "ms to the assessment (p99), at most".to_owned(),
        limit,
        figure: p99_ms,
        met: assessment.count > 0 && p99_ms <= limit,
    });
    least.into_iter().chain(most).collect()
}
