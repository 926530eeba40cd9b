//! Where an open run stands, by its ledger, and watching it until it closes.
//!
//! The ledger is asked again and again; what has not changed is not shown again. Watching changes
//! nothing: it can be broken off and taken up at any time, beside the run or after it.

use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use mindmate_domain::StageName;
use mindmate_domain::instant::key_form;
use mindmate_domain::run::Run;
use mindmate_pipeline::Clock;
use mindmate_pipeline::ports::{Fates, MarkKind, RunLedger, ShardTally, Tally};
use serde_json::{Value, json};

use crate::args::Format;
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::progress::StageBars;
use crate::runs;
use crate::session::Session;

/// The stages of which the ledger knows how far they are.
pub(crate) const TOLD: [StageName; 3] =
    [StageName::FanOut, StageName::Scoring, StageName::Intervention];

/// The shortest wait between two looks at the ledger.
const LOOK: Duration = Duration::from_secs(1);

/// A look at the ledger of millions takes long and costs: it is waited this many times as long.
const REST: u32 = 10;

/// The wait between two looks at the ledger, of which the last began then.
pub(crate) async fn rest(clock: &dyn Clock, began: Timestamp, shortest: Duration) {
    let took = clock.now().duration_since(began).unsigned_abs();
    clock.sleep(shortest.max(took * REST)).await;
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    stages: [Stand; TOLD.len()],
    /// Requests of which nobody has said what became of them.
    missing_assessments: u64,
    /// The same of interventions that were asked for.
    missing_interventions: u64,
    /// Whether everybody is paged and accounted for.
    pub(crate) closed: bool,
}

/// How far a stage is: shards that are fanned out, or requests that have their outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stand {
    stage: StageName,
    done: u64,
    /// How much there is to do, as far as is known yet.
    expected: u64,
}

impl Standing {
    pub(crate) fn of(run: &Run, tally: &Tally) -> Self {
        let sum = |count: fn(&ShardTally) -> u64| tally.shards.iter().map(count).sum();
        let count = |fates: Fates| fates.all().count();
        let stand = |stage| {
            let (done, expected) = match stage {
                StageName::FanOut => (sum(|shard| shard.all_paged.into()), run.shards.into()),
                StageName::Intervention => (
                    tally.shards.iter().map(|shard| count(shard.interventions())).sum(),
                    tally.count(StageName::Scoring, &MarkKind::sent_on()),
                ),
                _ => {
                    let done = tally.shards.iter().map(|shard| count(shard.fates())).sum();
                    (done, tally.enqueued())
                }
            };
            Stand { stage, done, expected }
        };
        Self {
            stages: TOLD.map(stand),
            missing_assessments: sum(|shard| shard.missing().len() as u64),
            missing_interventions: sum(|shard| shard.missing_interventions().len() as u64),
            closed: tally.is_closed(run.shards),
        }
    }

    /// Puts the bars where the stages are.
    pub(crate) fn show_on(&self, bars: &StageBars) {
        for Stand { stage, done, expected } in self.stages {
            bars.stand(stage, done, expected);
        }
    }

    /// One line for people.
    fn line(&self, at: Timestamp) -> String {
        let stages = self.stages.map(|Stand { stage, done, expected }| {
            format!("{stage} {} of {}", grouped(done), grouped(expected))
        });
        let missing = grouped(self.missing_assessments + self.missing_interventions);
        format!("{}  {}; missing {missing}\n", key_form(at), stages.join(", "))
    }

    fn json(&self, run: &Run, at: Timestamp) -> Value {
        let stages = self.stages.map(|Stand { stage, done, expected }| {
            json!({ "stage": stage, "done": done, "expected": expected })
        });
        json!({
            "at": key_form(at), "runId": run.id, "closed": self.closed, "stages": stages,
            "missing": {
                "assessments": self.missing_assessments,
                "interventions": self.missing_interventions,
            },
        })
    }
}

/// Looks at a run's ledger until it closes, or for as long as `timeout` says, and shows where the
/// run stands whenever that changes. Gives what stood there last.
pub(crate) async fn watch(
    (ledger, clock): (&dyn RunLedger, &dyn Clock),
    run: &Run,
    timeout: Option<SignedDuration>,
    mut show: impl FnMut(&Standing) -> anyhow::Result<()>,
) -> anyhow::Result<Standing> {
    let began = clock.now();
    let mut shown = None;
    loop {
        let before = clock.now();
        let tally = ledger
            .tally(&run.id)
            .await
            .context("the run goes on without this command; the same command follows it again")?;
        let standing = Standing::of(run, &tally);
        if shown.as_ref() != Some(&standing) {
            show(&standing)?;
        }
        let passed = clock.now().duration_since(began);
        if standing.closed || timeout.is_some_and(|timeout| passed >= timeout) {
            return Ok(standing);
        }
        shown = Some(standing);
        rest(clock, before, LOOK).await;
    }
}

/// `mindmate runs RUN --follow`: shows where the run stands until it is complete, then what it came
/// to. Bars on a terminal; a line a change for programs, logs and pipes.
pub(crate) async fn follow(session: &Session, format: Format, run: &Run) -> anyhow::Result<Exit> {
    let (ledger, clock) = (&*session.ports.ledger, &*session.clock);
    let on_terminal = format != Format::Json && StageBars::are_on_terminal();
    let bars = on_terminal.then(|| StageBars::new(&TOLD));
    // A complete run is not waited for, whatever is left of its marks.
    let timeout = run.completed_at.map(|_| SignedDuration::ZERO);
    let standing = watch((ledger, clock), run, timeout, |standing| {
        match (&bars, format) {
            (Some(bars), _) => standing.show_on(bars),
            // The last line has the summary.
            (None, Format::Json) if standing.closed => {}
            (None, Format::Json) => output::json_line(&standing.json(run, clock.now()))?,
            (None, _) => output::text(&standing.line(clock.now()))?,
        }
        Ok(())
    })
    .await?;
    if let Some(bars) = &bars {
        bars.finish();
    }
    let look = runs::look(session, run).await?;
    if format == Format::Json {
        let mut last = standing.json(run, clock.now());
        last["closed"] = json!(look.closed);
        last["summary"] = json!(look.summary);
        output::json_line(&last)?;
    } else {
        output::text(&look.text(&session.installation.pseudonyms().await?))?;
    }
    Ok(look.exit())
}

#[cfg(test)]
mod tests;
