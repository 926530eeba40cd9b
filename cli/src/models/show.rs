//! `mindmate models show`.

use std::fmt::Write as _;

use anyhow::Context as _;
use mindmate_model::Artefact;
use mindmate_pipeline::ports::ModelVersion;
use serde_json::json;

use super::{kept, named, pointer, warning};
use crate::args::{Format, ShowModel};
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::session::Session;

/// Features that are shown.
const SHOWN: usize = 12;

pub(super) async fn run(
    session: &Session,
    format: Format,
    args: &ShowModel,
) -> anyhow::Result<Exit> {
    let model = match &args.model {
        Some(name) => Artefact::parse(&named(session, name).await?)
            .with_context(|| format!("the model {name}"))?,
        None => kept(session, &serving(session).await?).await?,
    };
    let contents = model.contents();
    match format {
        _ if args.card => output::text(&(contents.card.trim_end().to_owned() + "\n"))?,
        Format::Json => output::json(&json!({
            "version": model.version(),
            "training": contents.training,
            "hyperparameters": contents.hyperparameters,
            "metrics": contents.metrics,
            "importance": contents.importance,
            "calibration": contents.calibration,
            "operatingPoint": contents.operating_point,
            "members": contents.members.iter().map(|member| json!({
                "name": member.name, "trees": member.trees.len(),
            })).collect::<Vec<_>>(),
        }))?,
        Format::Text | Format::Csv => output::text(&text(&model)?)?,
    }
    Ok(Exit::Success)
}

async fn serving(session: &Session) -> anyhow::Result<ModelVersion> {
    let current = pointer(session).await?.and_then(|standing| standing.pointer.current);
    current.ok_or_else(|| {
        anyhow::anyhow!(
            "no model serves, the documented rules do; name a version (`{}` shows them)",
            session.command("models list")
        )
    })
}

fn text(model: &Artefact) -> Result<String, std::fmt::Error> {
    let contents = model.contents();
    let trained = &contents.training;
    let mut out = format!("Model {}{}\n", model.version(), warning(model));
    writeln!(
        out,
        "  trained on     {} weeks of {} users up to {}, {} crises",
        grouped(trained.samples),
        grouped(trained.users),
        trained.until,
        grouped(trained.crises)
    )?;
    let members: Vec<String> = contents
        .members
        .iter()
        .map(|member| format!("{} ({} trees)", member.name, member.trees.len()))
        .collect();
    writeln!(out, "  members        {}", members.join(", "))?;
    let mut importance = contents.importance.clone();
    importance.sort_by(|a, b| b.1.total_cmp(&a.1));
    let total: f64 = importance.iter().map(|(_, weight)| weight).sum();
    writeln!(out, "  looks at, by share of what its splits gain:")?;
    for (feature, weight) in importance.iter().take(SHOWN) {
        writeln!(out, "    {:>5.1}%  {feature}", 100.0 * weight / total.max(f64::MIN_POSITIVE))?;
    }
    writeln!(
        out,
        "  trained by     {}, seed {}, set {:.12}",
        trained.code, trained.seed, trained.manifest_sha256
    )?;
    writeln!(out, "  its card       mindmate models show {} --card", model.version())?;
    Ok(out)
}
