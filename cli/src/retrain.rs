//! `mindmate retrain`: the model's life on one machine, step by step, as the state machine walks it on AWS.
//!
//! prepare the training set → train → judge → promote or alert. Each step is the one that has a command of
//! its own; what becomes of it is a row of `mindmate models list`.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use mindmate_domain::instant::key_form;
use mindmate_model_promotion::{NoModel, RETRAIN, ended};

use crate::args::{self, Format};
use crate::exit::Exit;
use crate::models::promoting::{Promoting, ports, promote};
use crate::session::{Place, Session};
use crate::training_data::{Preparing, Set};

/// The program that trains, beside this one.
const TRAINER: &str = "train";

/// What it writes into its folder.
const MODEL: &str = "model.json";

/// Lines of what the trainer said that are kept where it fails.
const LAST_LINES: usize = 20;

pub(crate) async fn run(
    place: &Place,
    format: Format,
    args: &args::Retrain,
) -> anyhow::Result<Exit> {
    let session = place.open_existing().await?;
    let job = Job { session: &session, id: format!("retrain-{}", key_form(session.clock.now())) };
    // Before anything is done: without a trainer, or a folder that it can read, there is no training.
    let trainer = trainer(args.trainer.as_deref())?;
    let set = session.training_set(args.set.out.as_deref(), "--out")?;
    eprintln!("1 of 3: the training set");
    let prepared = prepare(&session, &args.set).await;
    let prepared = job.succeeded("the training set", prepared).await?;
    if let Some(lack) = prepared.lack() {
        job.ended(&NoModel::TooLittle(lack.to_string())).await?;
        return prepared.told(format);
    }
    if format == Format::Text {
        prepared.told(format)?;
    }
    eprintln!("2 of 3: the training");
    let out = session.dir()?.trained();
    job.succeeded("the training", train(&trainer, &set, &out, args).await).await?;
    eprintln!("3 of 3: the gates");
    let model = out.join(MODEL);
    let bytes = std::fs::read(&model).with_context(|| format!("cannot read {}", model.display()));
    let bytes = job.succeeded("the training", bytes).await?;
    let order = Promoting {
        bytes: &bytes,
        set: &set,
        job: Some(&job.id),
        force: None,
        by: RETRAIN,
        resamples: args.resamples,
        seed: args.seed,
    };
    job.succeeded("the gates", promote(&session, format, &order).await).await
}

async fn prepare(session: &Session, args: &args::TrainingSet) -> anyhow::Result<Set> {
    Preparing::of(session, args).await?.prepare().await
}

fn trainer(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => std::env::current_exe()?.with_file_name(TRAINER),
    };
    anyhow::ensure!(
        path.is_file(),
        "expected the trainer at {}: build it with `cargo build --release -p mindmate-training --features lightgbm` (it needs cmake and libclang), or name it with --trainer",
        path.display()
    );
    Ok(path)
}

/// Trains in a process of its own, as a training job does on AWS.
async fn train(trainer: &Path, set: &Path, out: &Path, args: &args::Retrain) -> anyhow::Result<()> {
    let mut command = Command::new(trainer);
    command.arg("--data").arg(set).arg("--out").arg(out);
    command.args(["--seed", &args.seed.to_string()]);
    if let Some(file) = &args.hyperparameters {
        command.arg("--hyperparameters").arg(file);
    }
    let name = trainer.display().to_string();
    tokio::task::spawn_blocking(move || followed(command, &name)).await?
}

/// Hands on what it says until it ends; fails with the last of it where it failed.
fn followed(mut command: Command, name: &str) -> anyhow::Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let mut said = Vec::new();
    for line in child.stderr.take().into_iter().flat_map(|said| BufReader::new(said).lines()) {
        let line = line?;
        eprintln!("{line}");
        said.push(line);
    }
    let status = child.wait()?;
    let last = &said[said.len().saturating_sub(LAST_LINES)..];
    anyhow::ensure!(status.success(), "{name} ended with {status}: {}", last.join("\n"));
    Ok(())
}

/// One walk through the steps.
struct Job<'a> {
    session: &'a Session,
    id: String,
}

impl Job<'_> {
    /// The step's result; where it failed the row and a notice say so first (R3.7).
    async fn succeeded<T>(&self, step: &str, result: anyhow::Result<T>) -> anyhow::Result<T> {
        if let Err(error) = &result {
            let why = crate::exit::words(error);
            self.ended(&NoModel::Failed { step: step.to_owned(), why }).await?;
        }
        result
    }

    async fn ended(&self, why: &NoModel) -> anyhow::Result<()> {
        let at = self.session.clock.now();
        Ok(ended(&ports(self.session), &self.id, why, at).await?)
    }
}
