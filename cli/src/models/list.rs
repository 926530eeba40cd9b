//! `mindmate models list`.

use std::fmt::Write as _;

use mindmate_domain::instant::key_form;
use mindmate_model::Artefact;
use mindmate_pipeline::ports::{ModelVersion, Pointer, TrainingJob};
use serde_json::{Value, json};

use super::{kept, pointer, shipped, warning};
use crate::args::Format;
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::session::Session;

/// Trainings that are shown.
const SHOWN: usize = 12;

pub(super) async fn run(session: &Session, format: Format) -> anyhow::Result<Exit> {
    let standing = pointer(session).await?.map(|standing| standing.pointer);
    let mut models = Vec::new();
    for version in session.models.versions().await? {
        models.push(Line::of(session, version).await);
    }
    let missing = standing
        .as_ref()
        .and_then(|it| it.current.as_ref())
        .filter(|current| !models.iter().any(|model| model.version == **current));
    let jobs = session.ports.training_jobs.latest(SHOWN).await?;
    let shipped = shipped::model(session)?;
    match format {
        Format::Json => output::json(&json!({
            "place": session.models.place(),
            "serves": standing,
            "models": models.iter().map(Line::json).collect::<Vec<_>>(),
            "shipped": shipped.as_ref().map(Artefact::version),
            "trainings": jobs,
        }))?,
        Format::Text | Format::Csv => {
            let mut out = text(session, standing.as_ref(), &models, &jobs)?;
            if let Some(model) = shipped {
                writeln!(out, "  shipped        {}{}", model.version(), warning(&model))?;
            }
            output::text(&out)?;
        }
    }
    if let Some(missing) = missing {
        anyhow::bail!(
            "the model {missing} should serve and is not in {}: what served before does; put it back, or `{}`",
            session.models.place(),
            session.command("models rollback --by NAME --reason WORDS")
        );
    }
    Ok(if models.iter().all(|model| model.known.is_ok()) { Exit::Success } else { Exit::BadInput })
}

/// A kept model, or what is wrong with it.
struct Line {
    version: ModelVersion,
    known: Result<Known, String>,
}

struct Known {
    trained: mindmate_model::artefact::TrainedOn,
    warning: String,
}

impl Line {
    async fn of(session: &Session, version: ModelVersion) -> Self {
        let known = match kept(session, &version).await {
            Ok(artefact) => {
                let warning = warning(&artefact);
                Ok(Known { trained: artefact.into_contents().training, warning })
            }
            Err(error) => Err(crate::exit::words(&error)),
        };
        Self { version, known }
    }

    fn json(&self) -> Value {
        match &self.known {
            Ok(known) => json!({ "version": self.version, "training": known.trained }),
            Err(error) => json!({ "version": self.version, "error": error }),
        }
    }

    fn words(&self) -> String {
        match &self.known {
            Ok(Known { trained, warning }) => format!(
                "{} weeks of {} users up to {}, {} crises{warning}",
                grouped(trained.samples),
                grouped(trained.users),
                trained.until,
                grouped(trained.crises)
            ),
            Err(error) => format!("CANNOT SERVE   {error}"),
        }
    }
}

fn text(
    session: &Session,
    standing: Option<&Pointer>,
    models: &[Line],
    jobs: &[TrainingJob],
) -> Result<String, std::fmt::Error> {
    let mut out = format!("Models in {}\n", session.models.place());
    let current = standing.and_then(|it| it.current.as_ref());
    for model in models {
        let mark = if Some(&model.version) == current { "serves" } else { "" };
        writeln!(out, "  {mark:<7}{}  {}", model.version, model.words())?;
    }
    if current.is_none() {
        writeln!(out, "  No model serves: the documented rules score")?;
    }
    if let Some(standing) = standing {
        writeln!(out, "  since          {}", key_form(standing.since))?;
        if let Some(before) = standing.previous.last() {
            writeln!(out, "  before it      {before}")?;
        }
    }
    for job in jobs {
        let model = job.model.as_ref().map(ModelVersion::as_str).unwrap_or_default();
        let failure = job.failure.as_deref().unwrap_or_default();
        writeln!(
            out,
            "  {:<14} {} {} {model}{failure}",
            job.status.name(),
            key_form(job.at),
            job.job_id
        )?;
    }
    Ok(out)
}
