//! `mindmate cohort`: makes a synthetic cohort, in the app's table or as an export.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use mindmate_cohort::{CohortSpec, SyntheticUser};
use mindmate_contracts::app_table::{ExportLine, encode, write_line};
use mindmate_domain::AsOf;
use mindmate_domain::app::AppItem;
use serde_json::json;

use crate::args::{self, Format};
use crate::exit::Exit;
use crate::marks;
use crate::output::{self, grouped};
use crate::progress;
use crate::session::{Into, Place, Session};

/// Users whose items are written together.
const USERS_PER_BATCH: usize = 16;

pub(crate) async fn run(
    place: &Place,
    format: Format,
    args: &args::Cohort,
) -> anyhow::Result<Exit> {
    let end = args.end.unwrap_or_else(|| AsOf::latest_daily(now()));
    let spec = CohortSpec::new(args.users, args.days, args.seed, end.instant())?;
    let (items, written) = if let Some(path) = &args.export {
        (export(&spec, path)?, path.display().to_string())
    } else {
        place.fills(args.into_app_table, false)?;
        (fill(&place.open().await?, &spec).await?, place.to_string())
    };
    match format {
        Format::Json => output::json(&json!({
            "users": args.users, "days": args.days, "seed": args.seed, "end": end,
            "items": items, "written": written,
        }))?,
        Format::Text | Format::Csv => output::text(&format!(
            "{} synthetic users, {} items of {} days up to {end}, seed {}: {written}\n",
            grouped(args.users.into()),
            grouped(items),
            args.days,
            args.seed
        ))?,
    }
    Ok(Exit::Success)
}

fn now() -> jiff::Timestamp {
    use mindmate_pipeline::Clock as _;
    mindmate_pipeline::SystemClock.now()
}

/// Fills the app's table with a cohort; gives the number of items. What is killed half-way is known
/// by its mark, and made again by the next daily run.
pub(crate) async fn fill(session: &Session, spec: &CohortSpec) -> anyhow::Result<u64> {
    fill_with(session, spec, |items| items).await
}

/// The same with a part of each person's items.
pub(crate) async fn fill_with(
    session: &Session,
    spec: &CohortSpec,
    part: impl Fn(Vec<AppItem>) -> Vec<AppItem>,
) -> anyhow::Result<u64> {
    let table = &*session.installation;
    marks::begin_filling(table, spec).await?;
    let items = write_items(session, spec, part).await?;
    marks::end_filling(table).await?;
    Ok(items)
}

async fn write_items(
    session: &Session,
    spec: &CohortSpec,
    part: impl Fn(Vec<AppItem>) -> Vec<AppItem>,
) -> anyhow::Result<u64> {
    let bar = progress::count(spec.users.into(), "synthetic cohort");
    let mut truth = TruthFile::create(session.dir()?.truth())?;
    let mut items = 0;
    let mut batch = Vec::new();
    for (index, user) in spec.users().enumerate() {
        truth.write(&user)?;
        for item in part(user.items) {
            let (sk, item) = encode(&user.user, &item);
            batch.push(ExportLine { user: user.user.clone(), sk, item });
            items += 1;
        }
        if index % USERS_PER_BATCH == USERS_PER_BATCH - 1 {
            session.installation.import(std::mem::take(&mut batch), Into::AppTable).await?;
        }
        bar.inc(1);
    }
    session.installation.import(batch, Into::AppTable).await?;
    truth.finish()?;
    bar.finish_and_clear();
    Ok(items)
}

fn export(spec: &CohortSpec, path: &Path) -> anyhow::Result<u64> {
    let create = || format!("cannot write {}", path.display());
    let bar = progress::count(spec.users.into(), "synthetic cohort");
    let file = BufWriter::new(File::create(path).with_context(create)?);
    let is_gzip = path.extension().is_some_and(|ending| ending == "gz");
    let mut truth = TruthFile::create(beside(path))?;
    let items = if is_gzip {
        let mut gzip = GzEncoder::new(file, Compression::default());
        let items = write_users(spec, &mut gzip, &mut truth, &bar).with_context(create)?;
        gzip.finish().and_then(|mut file| file.flush()).with_context(create)?;
        items
    } else {
        let mut file = file;
        let items = write_users(spec, &mut file, &mut truth, &bar).with_context(create)?;
        file.flush().with_context(create)?;
        items
    };
    truth.finish()?;
    bar.finish_and_clear();
    Ok(items)
}

fn write_users(
    spec: &CohortSpec,
    out: &mut impl Write,
    truth: &mut TruthFile,
    bar: &indicatif::ProgressBar,
) -> anyhow::Result<u64> {
    let mut items = 0;
    for user in spec.users() {
        truth.write(&user)?;
        for item in &user.items {
            let (_, item) = encode(&user.user, item);
            writeln!(out, "{}", write_line(&item)?)?;
            items += 1;
        }
        bar.inc(1);
    }
    Ok(items)
}

/// `cohort.json.gz` has its truth in `cohort-truth.jsonl`.
fn beside(export: &Path) -> PathBuf {
    let name = export.file_name().and_then(|name| name.to_str()).unwrap_or("cohort");
    let stem = name.split('.').next().unwrap_or(name);
    export.with_file_name(format!("{stem}-truth.jsonl"))
}

/// The latent truth, a line a user: for evaluation, apart from what the pipeline reads.
struct TruthFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl TruthFile {
    fn create(path: PathBuf) -> anyhow::Result<Self> {
        let file = File::create(&path)
            .with_context(|| format!("cannot write the cohort's truth to {}", path.display()))?;
        Ok(Self { path, file: BufWriter::new(file) })
    }

    fn write(&mut self, user: &SyntheticUser) -> anyhow::Result<()> {
        let line = json!({ "userId": user.user.as_str(), "truth": user.truth });
        writeln!(self.file, "{line}")
            .with_context(|| format!("cannot write to {}", self.path.display()))
    }

    fn finish(mut self) -> anyhow::Result<()> {
        self.file.flush().with_context(|| format!("cannot write to {}", self.path.display()))
    }
}
