//! Judging a model and letting it serve, for every command that does.

use std::path::Path;
use std::sync::Arc;

use mindmate_domain::Policy;
use mindmate_evaluation::{Bootstrap, TrainingSet};
use mindmate_model::Artefact;
use mindmate_model_promotion::{Candidate, Judgement, Outcome, Promotion, PromotionPorts, Wish};
use mindmate_pipeline::ports::Side;
use serde_json::json;

use super::warning;
use crate::args::Format;
use crate::exit::Exit;
use crate::output;
use crate::progress;
use crate::session::Session;

/// What shall serve, by what it is judged, and who wants it.
pub(crate) struct Promoting<'a> {
    pub(crate) bytes: &'a [u8],
    /// The folder of the training set.
    pub(crate) set: &'a Path,
    /// The training's id, where it has one.
    pub(crate) job: Option<&'a str>,
    pub(crate) force: Option<&'a str>,
    pub(crate) by: &'a str,
    pub(crate) resamples: u32,
    pub(crate) seed: u64,
}

/// Judges a model, lets it serve if it may, and tells of it.
pub(crate) async fn promote(
    session: &Session,
    format: Format,
    order: &Promoting<'_>,
) -> anyhow::Result<Exit> {
    let set = TrainingSet::open(order.set)?;
    let validation = set.read(Side::Validation)?;
    let bootstrap = Bootstrap { resamples: order.resamples, seed: order.seed };
    let task = Promotion::new(ports(session), Arc::new(Policy::built_in()?), bootstrap)?;
    let candidate =
        Candidate { bytes: order.bytes, set: &set, validation: &validation, job: order.job };
    let wish = Wish { by: order.by, force: order.force, at: session.clock.now() };
    let bar = progress::count(task.resamples(&validation), "resamples");
    let outcome = task.promote(candidate, wish, &|| bar.inc(1)).await;
    bar.finish_and_clear();
    told(format, &Artefact::parse(order.bytes)?, &outcome?)
}

/// What a promotion speaks to.
pub(crate) fn ports(session: &Session) -> PromotionPorts {
    PromotionPorts {
        models: session.models.clone(),
        jobs: session.ports.training_jobs.clone(),
        audit: session.ports.audit.clone(),
        notifier: session.ports.notifier.clone(),
    }
}

fn told(format: Format, artefact: &Artefact, outcome: &Outcome) -> anyhow::Result<Exit> {
    let version = artefact.version();
    let judgement = outcome.judgement();
    match format {
        Format::Json => output::json(&json!({
            "model": version,
            "status": outcome.name(),
            "verdict": judgement.map(|it| &it.verdict),
            "report": judgement.map(|it| &it.report),
            "difference": judgement.map(|it| &it.difference),
            "unreadableChampion": judgement.and_then(|it| it.unreadable_champion.as_ref()),
        }))?,
        Format::Text | Format::Csv => {
            let mut text = judgement.map(words).unwrap_or_default();
            text += &match outcome {
                Outcome::Promoted(_) => format!("{version} serves now, everywhere within a minute"),
                Outcome::Forced(_) => {
                    format!("{version} serves now, though not every gate passed: that is on record")
                }
                Outcome::Refused(_) => format!(
                    "{version} does not serve: a gate did not pass; it is kept (mindmate models show {version})"
                ),
                Outcome::ServesAlready => format!("{version} serves already"),
            };
            output::text(&(text + &warning(artefact) + "\n"))?;
        }
    }
    Ok(if matches!(outcome, Outcome::Refused(_)) { Exit::Refused } else { Exit::Success })
}

fn words(judgement: &Judgement) -> String {
    let mut out = String::new();
    if let Some(why) = &judgement.unreadable_champion {
        out += &format!("{why}; compared with the rules, which score in its place\n");
    }
    let verdict = &judgement.verdict;
    out += &format!("Gates {}, against {}\n", verdict.gates_version, verdict.champion);
    for gate in &verdict.gates {
        let passed = if gate.passed { "passed" } else { "FAILED" };
        out +=
            &format!("  {passed}  {:<44} {:<12} wanted {}\n", gate.name, gate.found, gate.wanted);
    }
    if let Some(leak) = judgement.report.leak_warning() {
        out += &format!("warning: {leak}\n");
    }
    out
}
