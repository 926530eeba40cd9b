//! Counts what became of each request, and says when the books of a run are closed.
//!
//! **In:** any `Outcome`, from the stream of outcomes. **Out:** nothing; marks in the ledger of
//! the run. A mark is a bit that is set: an outcome that comes twice, or a replay of one, counts
//! once.
//!
//! | outcome | marks |
//! | --- | --- |
//! | `AssessmentCompleted` | completed and the level at its stage; sent on, if it was |
//! | `AssessmentSkipped` | skipped at its stage |
//! | `AssessmentDeadLettered` | dead-lettered at its stage |
//! | `InterventionDelivered` | completed and the type at intervention |
//! | `InterventionWithheld` | skipped and the reason at intervention |
//! | any of them outside a run | none |
//!
//! | what fails | what then happens |
//! | --- | --- |
//! | the ledger does not answer | tried again; the stream waits, in order |
//! | marked, but the answer was lost | marked again: nothing changes |
//! | a record that cannot be read | put aside with its cause; its request stays open in the ledger |
//! | every try failed | the same |
//!
//! `closing` makes the run's summary: enqueued = assessed + skipped + dead-lettered, or those
//! that are missing, by name. `watch` is the task that closes runs by itself, and tells of them.

pub mod closing;
mod notices;
mod summary;
pub mod watch;

use std::sync::Arc;

use mindmate_contracts::Message;
use mindmate_contracts::messages::{AssessmentCompleted, InterventionRequested, Outcome};
use mindmate_domain::run::Fate;
use mindmate_domain::{Position, StageName};
use mindmate_pipeline::ports::{Mark, MarkKind, RunLedger};
use mindmate_pipeline::{Delivery, Failure, Outbox, Outgoing, Stage, StageError};
use tracing::error;

pub use closing::{Closing, Missing, MissingAt, close, name_missing};
pub use summary::{Interventions, Ledger, SCORE_BINS, Summary};
pub use watch::{ClosingPorts, OVERDUE_AFTER, Pseudonyms, RunClosing, Seen, State, due_at};

/// The stage.
#[derive(Clone)]
pub struct RunReport {
    ledger: Arc<dyn RunLedger>,
}

impl RunReport {
    /// The stage over this ledger.
    pub fn new(ledger: Arc<dyn RunLedger>) -> Self {
        Self { ledger }
    }
}

/// The marks of an outcome. None where it belongs to no run.
pub fn marks(outcome: &Outcome) -> Vec<Mark> {
    let Some(position) = outcome.position() else {
        return Vec::new();
    };
    let mark = |stage, kind| Mark { position: position.clone(), stage, kind };
    let fate = |stage, fate| mark(stage, MarkKind::fate(fate));
    match outcome {
        Outcome::Completed(done) => {
            let mut marks = vec![
                fate(done.stage, Fate::Completed),
                mark(done.stage, MarkKind::level(done.level)),
            ];
            if asked_for_an_intervention(done) {
                // Where the ledger looks for it, whichever stage says so.
                marks.push(mark(StageName::Scoring, MarkKind::sent_on()));
            }
            marks
        }
        Outcome::Skipped(left) => vec![fate(left.stage, Fate::Skipped)],
        Outcome::DeadLettered(given_up) => vec![fate(given_up.stage, Fate::DeadLettered)],
        Outcome::Delivered(sent) => vec![
            fate(StageName::Intervention, Fate::Completed),
            mark(StageName::Intervention, MarkKind::delivered(sent.intervention)),
        ],
        Outcome::Withheld(held) => vec![
            fate(StageName::Intervention, Fate::Skipped),
            mark(StageName::Intervention, MarkKind::withheld(held.reason)),
        ],
    }
}

fn asked_for_an_intervention(done: &AssessmentCompleted) -> bool {
    done.sent_on.iter().any(|name| name == InterventionRequested::NAME)
}

impl Stage for RunReport {
    const NAME: StageName = StageName::RunReport;

    type Input = Outcome;

    async fn handle(
        &self,
        outcome: Outcome,
        _: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        let marks = marks(&outcome);
        if !marks.is_empty() {
            self.ledger.mark(&marks).await?;
        }
        Ok(Vec::new())
    }

    /// Nothing to say: the record is put aside with its cause, and the ledger stays open there.
    async fn give_up(
        &self,
        outcome: Outcome,
        failure: &Failure<'_>,
        _: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        log_loss(outcome.position(), failure);
        Ok(Vec::new())
    }

    fn give_up_unread(
        &self,
        _: Outbox,
        position: Option<Position>,
        failure: &Failure<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        log_loss(position.as_ref(), failure);
        Ok(Vec::new())
    }
}

fn log_loss(position: Option<&Position>, failure: &Failure<'_>) {
    let run = position.map(|position| position.run.as_str());
    let shard = position.map(|position| position.shard);
    let ordinal = position.map(|position| position.ordinal);
    error!(
        run.id = run,
        run.shard = shard,
        run.ordinal = ordinal,
        code = failure.code,
        "an outcome was not counted"
    );
}
