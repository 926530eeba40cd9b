//! Watches the model that serves: its scores against what happened, its inputs against those that it
//! learned from (R7).
//!
//! **In:** a schedule, once a day. **Out:** a row of the day by [`ModelDays`], a notice to administrators where
//! a new model is asked for, or was the day before, and what it came to as the function's answer, by which a training
//! starts where trainings start by themselves ([`Trainings`]).
//!
//! Of everybody who consents to scoring and to training, one daily assessment a week is looked at, from
//! their sixtieth day on, as in training sets:
//!
//! - of the 30 days of assessments whose weeks have passed, the score is held against the label of the week, by the
//!   code that makes labels for training;
//! - of the last 7 days, features and levels are counted, and held against those of training ([`drift`]).
//!
//! [`judge`] says what follows; `docs/adr/0018` has the reasons, and how often it is wrong.
//!
//! Memory holds a page of users, the items of eight of them, counts, and 16 bytes for each judged assessment;
//! while intervals are drawn some 80.
//!
//! | what fails | what then happens |
//! | --- | --- |
//! | a store does not answer | nothing is written; the schedule's event comes again, and all begins anew |
//! | killed after the row was written | the next firing writes the same row, and tells what was not told |
//! | fired twice, or on two machines at once | both write the same row; the notice goes out once for its id, and a training starts once for its day |
//! | the model that should serve is missing or cannot be read | an error, which the alarm shows |
//! | consent is withdrawn meanwhile | consents are read again with each user's items |
//! | too few people or crises | the verdict says so, and nothing is asked for |

pub mod drift;
mod gathered;
mod gathering;
pub mod judge;
pub mod report;
mod retraining;
mod serving;
mod weeks;
mod words;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_domain::{AsOf, Policy};
use mindmate_evaluation::{Bootstrap, Gates};
use mindmate_language::Lexicons;
use mindmate_model::RuleScorer;
use mindmate_pipeline::ports::{
    AssessmentStore, ModelDay, ModelDays, ModelStore, Notice, Notifier, TrainingUsers,
};
use mindmate_pipeline::{Firing, ScheduledTask, StageError};
use serde::Serialize;

pub use self::gathered::{Gathered, LeftOut, Recent};
pub use self::judge::{Limits, Rules};
pub use self::report::{Report, Verdict};
use self::retraining::Start;
pub use self::retraining::{DAYS_BETWEEN, Trainings};
pub use self::serving::{Serving, Trained};
use self::weeks::Weekdays;
pub use self::weeks::{JUDGED_DAYS, Span};
pub use self::words::drift_words;

/// What the task speaks to.
#[derive(Clone)]
pub struct MonitorPorts {
    /// Everybody.
    pub users: Arc<dyn TrainingUsers>,
    /// What was said of them.
    pub assessments: Arc<dyn AssessmentStore>,
    /// Which model serves, and what it learned from.
    pub models: Arc<dyn ModelStore>,
    /// Where the days are kept.
    pub days: Arc<dyn ModelDays>,
    /// Administrators.
    pub notifier: Arc<dyn Notifier>,
}

/// The task.
pub struct ModelMonitor {
    ports: MonitorPorts,
    lexicons: Arc<Lexicons>,
    policy: Arc<Policy>,
    scorer: Arc<RuleScorer>,
    weekdays: Weekdays,
    rules: Rules,
    trainings: Trainings,
}

/// What a firing came to: the whole is in the day's row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The day.
    pub day: Date,
    /// What serves.
    pub scorer: String,
    /// What it came to, in one word.
    pub verdict: &'static str,
    /// Whether a new model is asked for.
    pub asks_for_training: bool,
    /// Whether whoever reads the answer starts a training, of the day's name.
    pub starts_training: bool,
    /// Whether this firing told administrators.
    pub told: bool,
}

impl ModelMonitor {
    /// The task over these ports, by these lists, policy, rules and gates; the installation's key deals weekdays.
    pub fn new(
        ports: MonitorPorts,
        (lexicons, policy, scorer): (Arc<Lexicons>, Arc<Policy>, Arc<RuleScorer>),
        gates: &Gates,
        bootstrap: Bootstrap,
        key: &PseudonymKey,
    ) -> Self {
        let rules = Rules { limits: gates.into(), levels: policy.levels, bootstrap };
        let (weekdays, trainings) = (Weekdays::new(key), Trainings::default());
        Self { ports, lexicons, policy, scorer, weekdays, rules, trainings }
    }

    /// The same, with who starts trainings.
    #[must_use]
    pub fn with_trainings(self, trainings: Trainings) -> Self {
        Self { trainings, ..self }
    }

    /// Looks at what serves as of an instant, by so many days of judged assessments, and writes nothing.
    /// `progress` is called with how many people there were so far.
    ///
    /// # Errors
    /// The ports', and where the model that should serve cannot be read.
    pub async fn look(
        &self,
        as_of: AsOf,
        days: u16,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Report, StageError> {
        let serving = Serving::of(&*self.ports.models, &self.scorer).await?;
        let spans = (Span::judged(as_of, days), Span::recent(as_of));
        let gathered = self.gather(&serving, as_of, spans, progress).await?;
        let rules = self.rules;
        // All work and no waiting.
        let judged =
            tokio::task::spawn_blocking(move || judge::judge(&gathered, &serving, &rules, spans));
        judged.await.map_err(|error| StageError::permanent("judging-failed", error))
    }

    /// Writes a report down as that of a day, and tells administrators where a new model is asked for, or
    /// is no longer since the day before.
    ///
    /// # Errors
    /// The ports'. The same again makes up for what was left.
    pub async fn note(
        &self,
        as_of: AsOf,
        report: &Report,
        now: Timestamp,
    ) -> Result<Answer, StageError> {
        let day = as_of.utc_date();
        let (verdict, asks) = (report.verdict.name(), report.verdict.asks_for_training());
        // Today's may be there already, and those after it where somebody looks back.
        let known = self.ports.days.latest(usize::from(JUDGED_DAYS)).await?;
        let start = self.start(day, &report.verdict, &known);
        let whole = serde_json::to_value(report)
            .map_err(|error| StageError::permanent("unwritable-report", error))?;
        let row = ModelDay {
            day,
            at: now,
            scorer: report.scorer.clone(),
            verdict: verdict.to_owned(),
            asks_for_training: asks,
            training_started_for: started_for(day, &start, &known),
            report: whole,
        };
        self.ports.days.put(&row).await?;
        let before = known.iter().find(|one| one.day < day);
        let is_over = before.is_some_and(|before| before.asks_for_training);
        let id = format!("{}monitor/{day}", Notice::OF_MODEL);
        let told = (asks || is_over) && !self.ports.notifier.was_sent(&id).await?;
        if told {
            let text = report.notice() + &start.words(day);
            self.ports.notifier.notify(&Notice { id, at: now, text }).await?;
        }
        let (scorer, starts_training) = (report.scorer.clone(), matches!(start, Start::Now(_)));
        Ok(Answer { day, scorer, verdict, asks_for_training: asks, starts_training, told })
    }

    fn start(&self, day: Date, verdict: &Verdict, known: &[ModelDay]) -> Start {
        match self.trainings {
            Trainings::StartThemselves if verdict.asks_for_training() => {
                Start::of(day, verdict.name(), known)
            }
            Trainings::ByHand | Trainings::StartThemselves => Start::No,
        }
    }
}

/// What stands in the day's row: a look that starts nothing, such as one at the command line, takes away nothing.
fn started_for(day: Date, start: &Start, known: &[ModelDay]) -> Option<String> {
    match start {
        Start::Now(verdict) => Some(verdict.clone()),
        Start::No | Start::Waits { .. } => {
            let today = known.iter().find(|one| one.day == day)?;
            today.training_started_for.clone()
        }
    }
}

impl ScheduledTask for ModelMonitor {
    const NAME: &'static str = "model-monitor";

    type Output = Answer;

    async fn run(&self, firing: Firing<'_>) -> Result<Answer, StageError> {
        let as_of = AsOf::latest_daily(firing.due);
        let report = self.look(as_of, JUDGED_DAYS, &|_| {}).await?;
        self.note(as_of, &report, firing.clock.now()).await
    }
}
