//! Closes the books of a run, or names who is missing.
//!
//! Pages are read one after another and their assessments with them, so that ten million users
//! need no more memory than ten; only the missing are kept, since they are what is asked for.

use std::collections::BTreeSet;

use jiff::Timestamp;
use mindmate_domain::run::Run;
use mindmate_domain::{Position, UserId};
use mindmate_pipeline::ports::{AssessmentStore, Page, RunLedger, ShardTally, Tally};
use mindmate_pipeline::{PortError, PortResult};

use crate::summary::{Summary, Sums};

/// What became of an attempt to close a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Closing {
    /// Everybody is accounted for. The ledger keeps the first summary that it was closed with.
    Closed(Summary),
    /// Somebody is missing, or a shard is not paged to its end.
    Open {
        /// Those of whom nobody has said what became of them, by shard and ordinal.
        missing: Vec<Missing>,
        /// What there is so far.
        summary: Summary,
    },
}

/// A request of which nobody has said what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Where it stands in its run.
    pub position: Position,
    /// Whom it is about.
    pub user: UserId,
    /// What is missing.
    pub at: MissingAt,
}

/// What is missing of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingAt {
    /// Whether there is an assessment.
    Assessment,
    /// What became of the intervention that was asked for.
    Intervention,
}

/// Makes the summary of a run and closes it if everybody is accounted for.
///
/// An assessment counts for a user who is marked as assessed, under this run's `asOf`, whichever
/// run or real-time request made it: what stood there was taken unchanged. One that was deleted
/// since is not there to be counted, so `levels` can add up to less than `ledger.assessed`.
///
/// # Errors
/// What the ledger or the store says; nothing is closed then.
pub async fn close(
    ledger: &dyn RunLedger,
    assessments: &dyn AssessmentStore,
    run: &Run,
    now: Timestamp,
) -> PortResult<Closing> {
    let tally = ledger.tally(&run.id).await?;
    let mut walk = Walk { ledger, assessments, run, sums: Sums::new(run, &tally), missing: vec![] };
    for shard in &tally.shards {
        walk.shard(shard).await?;
    }
    let Walk { sums, missing, .. } = walk;
    let summary = sums.finish();
    if !tally.is_closed(run.shards) {
        return Ok(Closing::Open { missing, summary });
    }
    let json = serde_json::to_string(&summary)
        .map_err(|error| PortError::permanent("run summary", "unwritable-summary", error))?;
    ledger.complete(&run.id, now, &json).await?;
    Ok(Closing::Closed(summary))
}

/// Names at most `at_most` of those who are missing, of the shards where somebody is: pages of
/// shards that are accounted for are not read.
///
/// # Errors
/// What the ledger says.
pub async fn name_missing(
    ledger: &dyn RunLedger,
    run: &Run,
    tally: &Tally,
    at_most: usize,
) -> PortResult<Vec<Missing>> {
    let mut missing = Vec::new();
    for shard in &tally.shards {
        let gaps = Gaps::of(shard);
        if gaps.is_empty() {
            continue;
        }
        for number in 0_u32.. {
            let Some(page) = ledger.page(&run.id, shard.shard, number).await? else { break };
            missing.extend(gaps.on(&page));
            if missing.len() >= at_most {
                missing.truncate(at_most);
                return Ok(missing);
            }
            if page.last {
                break;
            }
        }
    }
    Ok(missing)
}

/// Where the books of a shard have gaps.
struct Gaps {
    assessments: BTreeSet<u32>,
    interventions: BTreeSet<u32>,
}

impl Gaps {
    fn of(tally: &ShardTally) -> Self {
        Self {
            assessments: tally.missing().into_iter().collect(),
            interventions: tally.missing_interventions().into_iter().collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.assessments.is_empty() && self.interventions.is_empty()
    }

    /// Those of a page who are missing.
    fn on<'a>(&'a self, page: &'a Page) -> impl Iterator<Item = Missing> + 'a {
        positions(page).filter_map(|(position, user)| {
            let at = if self.assessments.contains(&position.ordinal) {
                MissingAt::Assessment
            } else if self.interventions.contains(&position.ordinal) {
                MissingAt::Intervention
            } else {
                return None;
            };
            Some(Missing { position, user: user.clone(), at })
        })
    }
}

/// A walk over the stored pages.
struct Walk<'a> {
    ledger: &'a dyn RunLedger,
    assessments: &'a dyn AssessmentStore,
    run: &'a Run,
    sums: Sums,
    missing: Vec<Missing>,
}

impl Walk<'_> {
    async fn shard(&mut self, tally: &ShardTally) -> PortResult<()> {
        let assessed = tally.fates().assessed;
        let gaps = Gaps::of(tally);
        for number in 0_u32.. {
            let page = self.ledger.page(&self.run.id, tally.shard, number).await?;
            let Some(page) = page else { break };
            let users: Vec<_> = positions(&page)
                .filter(|(position, _)| assessed.contains(position.ordinal))
                .map(|(_, user)| user.clone())
                .collect();
            if !users.is_empty() {
                for assessment in self.assessments.get_many(&users, self.run.as_of).await? {
                    self.sums.add(&assessment);
                }
            }
            self.missing.extend(gaps.on(&page));
            if page.last {
                break;
            }
        }
        Ok(())
    }
}

/// The requests of a page, each with its place in the run.
fn positions(page: &Page) -> impl Iterator<Item = (Position, &UserId)> {
    (page.first_ordinal..).zip(&page.entries).map(|(ordinal, entry)| {
        let position = Position { run: page.run.clone(), shard: page.shard, ordinal };
        (position, &entry.user)
    })
}
