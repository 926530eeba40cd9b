//! Closes the books of runs by itself, and tells those who run the pipeline what became of them
//! (R5.4).
//!
//! **In:** a schedule of every few minutes. **Out:** summaries in the ledger, notices and metrics.
//! Each run of the last [`LOOK_BACK`] is looked at by itself:
//!
//! | the run | what is done | who is told |
//! | --- | --- | --- |
//! | open, everybody accounted for | closed, with its summary | once: the summary |
//! | open, not yet due | nothing | nobody |
//! | open after it was due | nothing | once: how many are missing, and at most [`NAMED`] of them |
//! | closed by somebody else | nothing | once: the summary |
//! | historical | closed as the others | nobody: the command that did it says all |
//!
//! Metrics go out with the summary; and at every firing how many runs are overdue, which the alarm
//! looks at.
//!
//! | what fails | what then happens |
//! | --- | --- |
//! | a store does not answer | the firing fails after the other runs; the next tries again |
//! | killed between closing and telling | the next firing tells: it asks by the notice's id |
//! | killed after the metrics went out | they go out again: the largest counts |
//! | fired twice, or on two machines at once | both tell the first summary, which stays |
//! | open longer than [`LOOK_BACK`] | told as overdue before; `mindmate runs` closes it |
//!
//! An open run costs a tally, which is a read of its marks; the walk over its pages and assessments
//! begins only when the tally says that it can close.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_domain::run::Run;
use mindmate_domain::{AsOf, RunId};
use mindmate_pipeline::metrics::{Metric, Metrics};
use mindmate_pipeline::ports::{AssessmentStore, Notice, Notifier, RunLedger, Tally};
use mindmate_pipeline::{Firing, PortError, PortResult, ScheduledTask, StageError};
use serde::Serialize;
use tracing::error;

use crate::closing::{close, name_missing};
use crate::notices::{self, Lack};
use crate::summary::Summary;

/// How long after its `asOf` a run that is not complete is overdue: a daily one at 06:30 UTC.
pub const OVERDUE_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// How far back the `asOf` of a run may lie that is still looked at. Three days see a weekend
/// through; an open run is read whole each time.
pub const LOOK_BACK: SignedDuration = SignedDuration::from_hours(72);

/// How many of the missing a notice names.
pub const NAMED: usize = 20;

/// What the task speaks to.
#[derive(Clone)]
pub struct ClosingPorts {
    /// The runs.
    pub ledger: Arc<dyn RunLedger>,
    /// What a summary is made of.
    pub assessments: Arc<dyn AssessmentStore>,
    /// Who is told.
    pub notifier: Arc<dyn Notifier>,
    /// What is watched over time.
    pub metrics: Arc<dyn Metrics>,
    /// What stands for those who are missing.
    pub pseudonyms: Arc<dyn Pseudonyms>,
}

/// Where the key of pseudonyms is found. It is asked for when somebody is to be named: most firings
/// name nobody, and the first ones of a new stack come before its key is there.
#[async_trait]
pub trait Pseudonyms: Send + Sync {
    /// The key.
    async fn key(&self) -> PortResult<PseudonymKey>;
}

#[async_trait]
impl Pseudonyms for PseudonymKey {
    async fn key(&self) -> PortResult<PseudonymKey> {
        Ok(self.clone())
    }
}

/// The task.
pub struct RunClosing {
    ports: ClosingPorts,
    overdue_after: SignedDuration,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Its books are closed.
    Complete,
    /// It is on its way.
    Open,
    /// It should be complete by now.
    Overdue,
}

impl State {
    /// Where a run stands at an instant. A historical run is never overdue: its `asOf` was past due
    /// when it was started.
    pub fn of(run: &Run, overdue_after: SignedDuration, now: Timestamp) -> Self {
        if run.completed_at.is_some() {
            Self::Complete
        } else if !run.historical && now > due_at(run, overdue_after) {
            Self::Overdue
        } else {
            Self::Open
        }
    }

    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Open => "open",
            Self::Overdue => "overdue",
        }
    }
}

/// When a run should be complete.
pub fn due_at(run: &Run, overdue_after: SignedDuration) -> Timestamp {
    run.as_of.instant().saturating_add(overdue_after).unwrap_or(Timestamp::MAX)
}

/// What a look at a run came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// The run.
    pub run_id: RunId,
    /// Where it stands.
    pub state: State,
    /// Requests of which nobody has said what became of them, as far as they are paged.
    pub missing: u64,
    /// Whether this look told somebody.
    pub told: bool,
}

/// What a firing came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Watched {
    /// The runs that were looked at, latest first.
    pub runs: Vec<Seen>,
}

impl RunClosing {
    /// The task over these ports.
    pub fn new(ports: ClosingPorts, overdue_after: SignedDuration) -> Self {
        Self { ports, overdue_after }
    }

    /// Looks at one run: closes it if it can be closed, and tells whoever is to be told.
    ///
    /// # Errors
    /// What a port says. Another look goes on where this one stopped.
    pub async fn see_to(&self, run: &Run, now: Timestamp) -> PortResult<Seen> {
        if run.completed_at.is_none() {
            let ledger = &*self.ports.ledger;
            let tally = ledger.tally(&run.id).await?;
            if !tally.is_closed(run.shards) {
                return self.see_to_open(run, &tally, now).await;
            }
            // Marks are never taken back: what the tally accounts for stays accounted for.
            close(ledger, &*self.ports.assessments, run, now).await?;
        }
        let told = !run.historical && self.tell_complete(&run.id).await?;
        Ok(Seen { run_id: run.id.clone(), state: State::Complete, missing: 0, told })
    }

    /// Tells of a run that should be complete and is not, once.
    async fn see_to_open(&self, run: &Run, tally: &Tally, now: Timestamp) -> PortResult<Seen> {
        let state = State::of(run, self.overdue_after, now);
        let lack = Lack::of(run, tally);
        let mut seen =
            Seen { run_id: run.id.clone(), state, missing: lack.requests(), told: false };
        let id = notices::overdue_id(&run.id);
        if state == State::Overdue && !self.ports.notifier.was_sent(&id).await? {
            let named = name_missing(&*self.ports.ledger, run, tally, NAMED).await?;
            let due = due_at(run, self.overdue_after);
            let key = self.ports.pseudonyms.key().await?;
            let text = notices::overdue(run, due, &lack, &named, &key);
            self.ports.notifier.notify(&Notice { id, at: now, text }).await?;
            seen.told = true;
        }
        Ok(seen)
    }

    /// Tells what a complete run came to, once: what the ledger keeps, whoever closed it.
    async fn tell_complete(&self, id: &RunId) -> PortResult<bool> {
        let notice_id = notices::complete_id(id);
        if self.ports.notifier.was_sent(&notice_id).await? {
            return Ok(false);
        }
        let (run, completed_at, summary) = self.completed(id).await?;
        let took = completed_at.duration_since(run.started_at);
        self.ports.metrics.put(completed_at, &metrics(&summary, took))?;
        let text = notices::complete(&summary, took);
        self.ports.notifier.notify(&Notice { id: notice_id, at: completed_at, text }).await?;
        Ok(true)
    }

    /// A complete run as the ledger has it, when it was completed, and its summary.
    async fn completed(&self, id: &RunId) -> PortResult<(Run, Timestamp, Summary)> {
        let ledger = &*self.ports.ledger;
        let (run, summary) = (ledger.run(id).await?, ledger.summary(id).await?);
        let at = run.as_ref().and_then(|run| run.completed_at);
        let (Some(run), Some(at), Some(summary)) = (run, at, summary) else {
            let words = format!("expected {id} to be complete with a summary, found it without");
            return Err(PortError::transient("run summary", words));
        };
        let summary = serde_json::from_str(&summary)
            .map_err(|error| PortError::permanent("run summary", "unreadable-summary", error))?;
        Ok((run, at, summary))
    }
}

/// What is watched over time of a run. Levels are those of the policy, all six.
fn metrics(summary: &Summary, took: SignedDuration) -> Vec<Metric> {
    let ledger = &summary.ledger;
    let level = |name: &str| summary.levels.get(name).copied().unwrap_or(0);
    let interventions = &summary.interventions;
    vec![
        Metric::count("RunEnqueued", ledger.enqueued),
        Metric::count("RunAssessed", ledger.assessed),
        Metric::count("RunSkipped", ledger.skipped),
        Metric::count("RunDeadLettered", ledger.dead_lettered),
        Metric::count("RunMissing", ledger.missing),
        Metric::count("RunLevelCritical", level("critical")),
        Metric::count("RunLevelHigh", level("high")),
        Metric::count("RunLevelModerate", level("moderate")),
        Metric::count("RunLevelLow", level("low")),
        Metric::count("RunLevelMinimal", level("minimal")),
        Metric::count("RunLevelUnknown", level("unknown")),
        Metric::count("RunInterventionsRequested", interventions.requested),
        Metric::count("RunInterventionsDelivered", interventions.delivered.values().sum()),
        Metric::count("RunInterventionsWithheld", interventions.withheld.values().sum()),
        Metric::count("RunInterventionsDeadLettered", interventions.dead_lettered),
        Metric::seconds("RunDuration", took.as_secs_f64()),
    ]
}

impl ScheduledTask for RunClosing {
    const NAME: &'static str = "run-closing";

    type Output = Watched;

    /// One run that cannot be looked at never holds up the others.
    async fn run(&self, firing: Firing<'_>) -> Result<Watched, StageError> {
        let now = firing.clock.now();
        let since = AsOf::just_after(now.saturating_sub(LOOK_BACK).unwrap_or(Timestamp::MIN));
        let runs = self.ports.ledger.runs_since(since).await?;
        let (mut seen, mut failed) = (Vec::with_capacity(runs.len()), None);
        for run in &runs {
            match self.see_to(run, now).await {
                Ok(one) => seen.push(one),
                Err(error) => {
                    error!(run.id = run.id.as_str(), %error, "a run could not be looked at");
                    failed.get_or_insert(error);
                }
            }
        }
        let overdue = seen.iter().filter(|one| one.state == State::Overdue);
        let (count, missing) =
            overdue.fold((0, 0), |(count, sum), one| (count + 1, sum + one.missing));
        let standing =
            [Metric::count("RunsOverdue", count), Metric::count("RequestsMissing", missing)];
        self.ports.metrics.put(now, &standing)?;
        failed.map_or(Ok(Watched { runs: seen }), |error| Err(error.into()))
    }
}
