//! `mindmate training-data`: prepares the set that a model is trained on.

use std::fmt::Write as _;
use std::sync::Arc;

use mindmate_contracts::training_set::{FileEntry, Manifest};
use mindmate_domain::{AsOf, Policy};
use mindmate_language::Lexicons;
use mindmate_training_data::{
    Eligibility, Lack, Prepared, Progress, TrainingData, TrainingDataPorts,
};
use serde_json::json;

use crate::args::{self, Format};
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::progress;
use crate::session::{Place, Session};

pub(crate) async fn run(
    place: &Place,
    format: Format,
    args: &args::TrainingData,
) -> anyhow::Result<Exit> {
    let session = place.open_existing().await?;
    let preparing = Preparing::of(&session, &args.set).await?;
    if args.dry_run {
        return counted(format, &preparing.task.count(preparing.until.instant()).await?);
    }
    preparing.prepare().await?.told(format)
}

/// A training set that is to be prepared.
pub(crate) struct Preparing {
    task: TrainingData,
    until: AsOf,
    place: String,
}

impl Preparing {
    pub(crate) async fn of(session: &Session, args: &args::TrainingSet) -> anyhow::Result<Self> {
        let until = session.as_of(args.until)?;
        let store = session.training_store(args.out.as_deref())?;
        let place = store.place();
        let key = session.installation.pseudonyms().await?;
        let ports = TrainingDataPorts { users: Arc::clone(&session.ports.training), store };
        let (lexicons, policy) = (Arc::new(Lexicons::built_in()?), Arc::new(Policy::built_in()?));
        Ok(Self { task: TrainingData::new(ports, lexicons, policy, &key), until, place })
    }

    /// Prepares it, with progress.
    pub(crate) async fn prepare(&self) -> anyhow::Result<Set> {
        let bar = progress::count(0, "users");
        let watch = |step| match step {
            Progress::Counted { eligible } => {
                bar.set_length(eligible);
                bar.set_position(0);
            }
            Progress::Read => bar.inc(1),
        };
        let prepared = self.task.prepare(self.until, &watch).await;
        bar.finish_and_clear();
        let (eligibility, prepared) = prepared?;
        Ok(Set { eligibility, prepared, place: self.place.clone() })
    }
}

/// What came of it.
pub(crate) struct Set {
    eligibility: Eligibility,
    prepared: Prepared,
    place: String,
}

impl Set {
    /// What there is too little of, if there is no set.
    pub(crate) fn lack(&self) -> Option<&Lack> {
        match &self.prepared {
            Prepared::Set(..) => None,
            Prepared::TooLittle(lack) => Some(lack),
        }
    }

    /// Tells of it on standard output.
    pub(crate) fn told(&self, format: Format) -> anyhow::Result<Exit> {
        match &self.prepared {
            Prepared::Set(manifest, _) => written(format, manifest, &self.place),
            Prepared::TooLittle(lack) => too_little(format, &self.eligibility, lack),
        }
    }
}

fn counted(format: Format, counts: &Eligibility) -> anyhow::Result<Exit> {
    match format {
        Format::Json => output::json(counts)?,
        Format::Text | Format::Csv => output::text(&count_words(counts))?,
    }
    Ok(if counts.enough { Exit::Success } else { Exit::TooLittle })
}

fn too_little(format: Format, counts: &Eligibility, lack: &Lack) -> anyhow::Result<Exit> {
    match format {
        Format::Json => output::json(&json!({ "eligibility": counts, "lack": lack }))?,
        Format::Text | Format::Csv => output::text(&count_words(counts))?,
    }
    eprintln!("warning: too little data: {lack}. There is no training set; training is left out");
    Ok(Exit::TooLittle)
}

fn count_words(counts: &Eligibility) -> String {
    format!(
        "Who could be learned from up to {}\n  users          {} = {} eligible + {} without consent + {} with less than 60 days\n  needed         {}\n",
        mindmate_domain::instant::key_form(counts.until),
        grouped(counts.users),
        grouped(counts.eligible),
        grouped(counts.without_consent),
        grouped(counts.too_short),
        grouped(counts.fewest),
    )
}

fn written(format: Format, manifest: &Manifest, place: &str) -> anyhow::Result<Exit> {
    match format {
        Format::Json => output::json(&json!({ "place": place, "manifest": manifest }))?,
        Format::Text | Format::Csv => output::text(&summary(manifest, place)?)?,
    }
    Ok(Exit::Success)
}

fn summary(manifest: &Manifest, place: &str) -> Result<String, std::fmt::Error> {
    let mut out = format!("Training set up to {}, cut at {}\n", manifest.until, manifest.cut);
    for file in &manifest.files {
        writeln!(out, "  {:<15}{}", file.side.name(), file_words(file))?;
    }
    let users = &manifest.users;
    writeln!(
        out,
        "  users          {} = {} with samples + {} without + {} without consent + {} with less than 60 days",
        grouped(users.seen),
        grouped(users.with_samples),
        grouped(users.without_samples),
        grouped(users.without_consent),
        grouped(users.too_short)
    )?;
    let weeks = &manifest.left_out_weeks;
    writeln!(
        out,
        "  weeks left out {} of training after the cut, {} of validation before it, {} inactive, {} unseen, {} unread",
        grouped(weeks.train_after_cut),
        grouped(weeks.validation_before_cut),
        grouped(weeks.inactive),
        grouped(weeks.unseen),
        grouped(weeks.unread)
    )?;
    let versions = &manifest.versions;
    writeln!(
        out,
        "  made by        features {}, label {}, {}, {}, key {}",
        versions.features, versions.label, versions.lexicons, versions.policy, manifest.key_id
    )?;
    if let Some(words) = invented_words(manifest) {
        writeln!(out, "  people         {words}")?;
    }
    writeln!(out, "  written to     {place}")?;
    Ok(out)
}

/// What somebody should know of whom a model would learn from.
fn invented_words(manifest: &Manifest) -> Option<String> {
    let (invented, all) = (manifest.invented_users, manifest.users.with_samples);
    match invented {
        0 => None,
        _ if manifest.synthetic => Some(
            "Invented, all of them: what is learned from them proves nothing clinical".to_owned(),
        ),
        _ => Some(format!(
            "Mixed: {} of {} with samples are invented",
            grouped(invented),
            grouped(all)
        )),
    }
}

fn file_words(file: &FileEntry) -> String {
    let counts = &file.counts;
    let share = 100.0 * counts.crisis as f64 / counts.rows.max(1) as f64;
    format!(
        "{} weeks of {} users: {} crises ({share:.1}%), {} by mood, {} by words, {} by both",
        grouped(counts.rows),
        grouped(file.users),
        grouped(counts.crisis),
        grouped(counts.by_low_mood),
        grouped(counts.by_crisis_language),
        grouped(counts.by_both)
    )
}
