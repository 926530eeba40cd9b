//! Starts the daily run (R5.1).
//!
//! **In:** the schedule of 06:00 UTC. **Out:** a run in the ledger, and a `FanOutShardRequested`
//! for each shard, so that nobody has to reach all users within one function's time.
//!
//! The run's `asOf` is the latest 06:00 UTC at the instant for which the schedule fired, and its id
//! is that date: a schedule that fires twice is one run, and its second firing sends the same
//! messages again.
//!
//! | what fails | what then happens |
//! | --- | --- |
//! | the ledger or a queue does not answer | the schedule's event comes again; what was sent is sent again |
//! | killed after the run is written | the same |
//! | the event comes twice, or at two machines at once | one run; shards that are paged are not asked for again |
//! | the event comes so late that the next run is due | refused: a historical run delivers on one machine only |
//! | the event is due in the future | refused: somebody made it by hand |
//! | the date has a run with another `asOf` | refused, with both |

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mindmate_domain::instant::key_form;
use mindmate_domain::{AsOf, RunId};
use mindmate_pipeline::daily::DailyRuns;
use mindmate_pipeline::ports::{Publisher, RunLedger, RunStart};
use mindmate_pipeline::{Firing, ScheduledTask, StageError};
use serde::Serialize;

/// How far a schedule's clock may be ahead of ours.
const SKEW: Duration = Duration::from_mins(5);

/// The task.
pub struct Orchestrator {
    runs: DailyRuns,
    shards: u16,
}

/// What came of a firing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Begun {
    /// The run.
    pub run_id: RunId,
    /// The instant that its assessments look back from.
    pub as_of: AsOf,
    /// How many shards it has.
    pub shards: u16,
    /// Of how many of them the first page was asked for.
    pub requested: usize,
    /// Whether an earlier firing had started it.
    pub started_before: bool,
}

/// Why a firing starts nothing.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("expected the firing of {asked} before the next run is due, found it at {}: a historical run delivers on one machine only, see `mindmate daily --as-of`", key_form(*.now))]
    TooLate { asked: AsOf, now: Timestamp },
    #[error("expected a firing that was due by {}, found one that is due at {}", key_form(*.now), key_form(*.due))]
    InTheFuture { due: Timestamp, now: Timestamp },
}

impl Orchestrator {
    /// The task over these ports; a new run deals its users to this many shards.
    pub fn new(ledger: Arc<dyn RunLedger>, publisher: Arc<dyn Publisher>, shards: u16) -> Self {
        Self { runs: DailyRuns::new(ledger, publisher), shards }
    }
}

/// The `asOf` that a firing asks for.
fn as_of(due: Timestamp, now: Timestamp) -> Result<AsOf, StageError> {
    let latest = now.checked_add(SKEW).unwrap_or(now);
    if due > latest {
        return Err(StageError::permanent("due-in-the-future", Refused::InTheFuture { due, now }));
    }
    let asked = AsOf::latest_daily(due);
    if asked < AsOf::latest_daily(now) {
        return Err(StageError::permanent("historical-run", Refused::TooLate { asked, now }));
    }
    Ok(asked)
}

impl ScheduledTask for Orchestrator {
    const NAME: &'static str = "orchestrator";

    type Output = Begun;

    async fn run(&self, firing: Firing<'_>) -> Result<Begun, StageError> {
        let now = firing.clock.now();
        let as_of = as_of(firing.due, now)?;
        let (run, start) = self.runs.start(as_of, self.shards, now).await?;
        let requested = self.runs.request_shards(&run, now).await?;
        Ok(Begun {
            run_id: run.id,
            as_of: run.as_of,
            shards: run.shards,
            requested,
            started_before: start != RunStart::Started,
        })
    }
}
