//! `mindmate models evaluate`.

mod page;
mod text;

use std::path::Path;

use anyhow::Context as _;
use mindmate_contracts::training_set::{Manifest, Side};
use mindmate_domain::policy::LevelBounds;
use mindmate_evaluation::judging::Judged;
use mindmate_evaluation::{Bootstrap, Gates, Judge, Ladder, Samples, TrainingSet, Verdict};
use mindmate_model::artefact::INVENTED;
use mindmate_model::{Artefact, Ensemble, RuleScorer};
use serde_json::json;

use super::{kept, named, pointer};
use crate::args::{EvaluateModel, Format};
use crate::exit::Exit;
use crate::session::Session;
use crate::{output, progress, session as opened};

/// A scorer that somebody named.
pub(super) enum Contender {
    /// The documented rules.
    Rules,
    /// A trained model.
    Trained(Box<Ensemble>),
}

/// A set, read for judging.
pub(super) struct Ground {
    set: TrainingSet,
    samples: Samples,
    rules: RuleScorer,
    levels: LevelBounds,
    bootstrap: Bootstrap,
}

/// What a judgement came to, with what somebody must know who reads it.
pub(super) struct Found {
    pub(super) judged: Judged,
    /// What the gates say, where it was compared.
    pub(super) verdict: Option<Verdict>,
    pub(super) warnings: Vec<String>,
}

pub(super) async fn run(
    session: &Session,
    format: Format,
    args: &EvaluateModel,
) -> anyhow::Result<Exit> {
    let model = contender(session, args.model.as_deref()).await?;
    let against = match args.against.as_deref() {
        Some("none") => None,
        None if matches!(model, Contender::Rules) => None,
        None => Some(Contender::Rules),
        named => Some(contender(session, named).await?),
    };
    let folder = session.training_set(args.data_set.as_deref(), "--data-set")?;
    let bootstrap = Bootstrap { resamples: args.resamples, seed: args.seed };
    let levels = opened::policy(args.policy.as_deref())?.levels;
    let ground = Ground::read(&folder, levels, bootstrap)?;
    let found = ground.judge(&model, against.as_ref(), true)?;
    if let Some(out) = &args.out {
        let html = page::page(&page::Input { found: &found, ground: &ground, model: &model })?;
        std::fs::write(out, html)
            .with_context(|| format!("cannot write the page to {}", out.display()))?;
    }
    show(format, &ground, &found, args.out.as_deref())?;
    Ok(Exit::Success)
}

fn show(format: Format, ground: &Ground, found: &Found, page: Option<&Path>) -> anyhow::Result<()> {
    match format {
        Format::Json => output::json(&json!({
            "set": { "manifestSha256": ground.set.manifest_sha256(), "manifest": ground.manifest() },
            "found": found.judged,
            "gates": found.verdict,
            "warnings": found.warnings,
            "page": page,
        }))?,
        Format::Text | Format::Csv => {
            output::text(&text::summary(ground, found)?)?;
            if let Some(page) = page {
                output::text(&format!("  page           {}\n", page.display()))?;
            }
        }
    }
    for warning in &found.warnings {
        eprintln!("warning: {warning}");
    }
    Ok(())
}

/// What somebody named: `rules`, a file, or a version; without a name what serves.
async fn contender(session: &Session, name: Option<&str>) -> anyhow::Result<Contender> {
    let artefact = match name {
        None => {
            let serves = pointer(session).await?.and_then(|standing| standing.pointer.current);
            let Some(version) = serves else { return Ok(Contender::Rules) };
            kept(session, &version).await?
        }
        Some("rules") => return Ok(Contender::Rules),
        Some(name) => Artefact::parse(&named(session, name).await?)
            .with_context(|| format!("the model {name}"))?,
    };
    Ok(Contender::Trained(Box::new(Ensemble::new(artefact))))
}

impl Contender {
    /// What is said of it where it was trained on people who are not the set's others.
    fn warnings(&self, set: &Manifest) -> Vec<String> {
        let Self::Trained(model) = self else { return Vec::new() };
        let trained = &model.artefact().contents().training;
        let version = model.artefact().version();
        let mut warnings = Vec::new();
        if trained.synthetic {
            warnings.push(format!("{version}: {INVENTED}"));
        }
        if trained.key_id != set.key_id {
            warnings.push(format!(
                "{version} was trained on a set whose sides follow from another key ({}, and {} here): it may have seen these very people, and looks better than it is",
                trained.key_id, set.key_id
            ));
        }
        warnings
    }

    fn ladder<'a>(&'a self, rules: &'a RuleScorer) -> Ladder<'a> {
        match self {
            Self::Rules => Ladder { model: rules, below: None },
            Self::Trained(model) => Ladder { model: &**model, below: Some(rules) },
        }
    }
}

impl Ground {
    /// Reads the validation side of the set in a folder.
    pub(super) fn read(
        folder: &Path,
        levels: LevelBounds,
        bootstrap: Bootstrap,
    ) -> anyhow::Result<Self> {
        let set = TrainingSet::open(folder)?;
        let samples = set.read(Side::Validation)?;
        Ok(Self { set, samples, rules: RuleScorer::built_in()?, levels, bootstrap })
    }

    pub(super) fn manifest(&self) -> &Manifest {
        self.set.manifest()
    }

    /// Judges a model beside another; with `ablated`, also without each family of features. All processors
    /// work on it, and nothing else of the session meanwhile: a command does one thing.
    pub(super) fn judge(
        &self,
        model: &Contender,
        against: Option<&Contender>,
        ablated: bool,
    ) -> anyhow::Result<Found> {
        let bar = progress::count(0, "resamples");
        let step = || bar.inc(1);
        let (samples, levels, bootstrap) = (&self.samples, self.levels, self.bootstrap);
        let judge = Judge { samples, levels, bootstrap, step: &step };
        bar.set_length(judge.steps_to_judge(against.is_some(), ablated));
        let ladder = model.ladder(&self.rules);
        let other = against.map(|other| other.ladder(&self.rules));
        let judged = judge.judge(ladder, other, ablated);
        bar.finish_and_clear();
        let judged = judged?;
        let mut warnings = model.warnings(self.manifest());
        warnings.extend(against.into_iter().flat_map(|other| other.warnings(self.manifest())));
        warnings.extend(judged.report.leak_warning());
        let gates = Gates::built_in()?;
        let difference = judged.difference.as_ref().filter(|_| self.bootstrap.resamples > 0);
        let verdict = difference.map(|difference| gates.judge(&judged.report, difference));
        Ok(Found { judged, verdict, warnings })
    }
}

#[cfg(test)]
mod tests;
