//! `mindmate report`: the page of a run.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use mindmate_domain::run::Run;
use mindmate_domain::{Policy, StageName};
use mindmate_host::times::Times;
use mindmate_model::{RiskModel as _, RuleScorer};
use mindmate_run_report::Summary;
use serde::{Deserialize, Serialize};

use crate::args;
use crate::exit::Exit;
use crate::marks::Origin;
use crate::output;
use crate::report::{PageInput, page};
use crate::runs;
use crate::session::{Place, Session};

/// How long a run took: kept beside it, since a resumed run has only its last part to tell of.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Timings {
    /// Seconds that the last process worked on the run.
    pub(crate) elapsed_seconds: f64,
    /// Deliveries of that process.
    pub(crate) stages: BTreeMap<StageName, Times>,
    /// The policy that it was made under.
    pub(crate) policy: String,
}

impl Timings {
    fn name(run: &Run) -> String {
        format!("timings/{}", run.id)
    }

    /// Keeps them with the run.
    pub(crate) async fn keep(&self, session: &Session, run: &Run) -> anyhow::Result<()> {
        let json = serde_json::to_string(self)?;
        session.installation.put_setting(&Self::name(run), &json).await
    }

    async fn of(session: &Session, run: &Run) -> anyhow::Result<Option<Self>> {
        let kept = session.installation.setting(&Self::name(run)).await?;
        Ok(kept.map(|json| serde_json::from_str(&json)).transpose()?)
    }
}

pub(crate) async fn run(place: &Place, args: &args::Report) -> anyhow::Result<Exit> {
    let session = place.open_existing().await?;
    let run = if let Some(id) = &args.run {
        runs::find(&session, id).await?
    } else {
        let runs = session.ports.ledger.runs().await?;
        runs.into_iter()
            .next()
            .with_context(|| format!("there is no run yet: {}", session.command("daily")))?
    };
    let look = runs::look(&session, &run).await?;
    let run = runs::find(&session, run.id.as_str()).await?;
    write(&session, &run, &look.summary, &args.out).await?;
    output::text(&format!("{}\n", args.out.display()))?;
    Ok(look.exit())
}

/// Writes the page of a run.
pub(crate) async fn write(
    session: &Session,
    run: &Run,
    summary: &Summary,
    path: &Path,
) -> anyhow::Result<()> {
    let timings = Timings::of(session, run).await?;
    let origin = Origin::of(&*session.installation).await?;
    let model = scored_by(summary)?;
    let (stages, elapsed, policy) = match timings {
        Some(timings) => {
            let elapsed = Duration::try_from_secs_f64(timings.elapsed_seconds).ok();
            (timings.stages, elapsed, timings.policy)
        }
        None => (BTreeMap::new(), None, Policy::built_in()?.version),
    };
    let html = page(&PageInput {
        summary,
        run,
        timings: &stages,
        elapsed,
        origin,
        model: &model,
        policy: &policy,
        generated_at: session.clock.now(),
    })?;
    std::fs::write(path, html)
        .with_context(|| format!("cannot write the report to {}", path.display()))
}

/// The models and rules that scored, or the rules where nobody was scored.
fn scored_by(summary: &Summary) -> anyhow::Result<String> {
    if summary.models.is_empty() {
        return Ok(RuleScorer::built_in()?.version().to_owned());
    }
    let versions: Vec<&str> = summary.models.keys().map(String::as_str).collect();
    Ok(versions.join(" and "))
}
