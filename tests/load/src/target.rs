//! What is loaded: the pipeline inside this process on a file of its own, or a deployed stack.
//!
//! On one machine the stages run inside this process, as `mindmate serve` runs them: so their
//! histograms can be read, and processor time and memory are one process's. The program itself in a
//! process of its own is what `tests/bench/peers` measures.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use mindmate_cli::library::OneMachine;
use mindmate_cohort::CohortSpec;
use mindmate_contracts::app_table::{Attribute, ExportLine, Item};
use mindmate_domain::AsOf;
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_embedded::ImportBatch;
use mindmate_host::worker::Worker;
use mindmate_pipeline::ports::Ports;
use mindmate_pipeline::{Clock, SystemClock};

use crate::scenario::Scenario;
use crate::schedule::user_id;

/// Where the stages work.
pub struct Target {
    /// All ports of the backend.
    pub ports: Ports,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Shows people by keyed hash.
    pub pseudonyms: PseudonymKey,
    /// The stages, where they run in this process.
    pub worker: Option<Arc<Worker>>,
    /// `local` or `aws`.
    pub backend: &'static str,
    /// The embedded file, on one machine.
    pub file: Option<PathBuf>,
}

impl Target {
    /// The pipeline on a file of its own, filled with the scenario's cohort. `cache` keeps the
    /// filled file, so that the next run of the same cohort copies it.
    ///
    /// # Errors
    /// The disk's, the database's, and the stages' own data's.
    pub async fn on_one_machine(
        data: &Path,
        cache: Option<&Path>,
        scenario: &Scenario,
    ) -> anyhow::Result<Self> {
        fill(data, cache, scenario).await?;
        let machine = OneMachine::open(data)?;
        break_items(&machine, scenario).await?;
        Ok(Self {
            ports: machine.ports().clone(),
            clock: Arc::clone(machine.clock()),
            pseudonyms: machine.pseudonyms().await?,
            worker: Some(Arc::new(machine.worker().await?)),
            backend: "local",
            file: Some(database(data)),
        })
    }

    /// A deployed stack, by the names in the environment or this file. The cohort is there already:
    /// `mindmate --backend aws cohort --into-app-table` puts it there.
    ///
    /// # Errors
    /// Names that are missing, or what AWS says.
    #[cfg(feature = "aws")]
    pub async fn on_aws(env_file: Option<&Path>, scenario: &Scenario) -> anyhow::Result<Self> {
        anyhow::ensure!(
            scenario.poison.items == 0.0,
            "expected poison.items = 0 on AWS, found {}: the app's table there is not written into",
            scenario.poison.items
        );
        let stack = mindmate_cli::library::Stack::open(env_file).await?;
        Ok(Self {
            ports: stack.ports().clone(),
            clock: Arc::clone(stack.clock()),
            pseudonyms: stack.pseudonyms().await?,
            worker: None,
            backend: "aws",
            file: None,
        })
    }
}

/// Fills the directory with the cohort, or copies the file that was filled with it before.
async fn fill(data: &Path, cache: Option<&Path>, scenario: &Scenario) -> anyhow::Result<()> {
    std::fs::create_dir_all(data)
        .with_context(|| format!("cannot make the directory {}", data.display()))?;
    let end = AsOf::latest_daily(SystemClock.now());
    let cohort = scenario.cohort;
    let spec = CohortSpec::new(cohort.users, cohort.days, cohort.seed, end.instant())?;
    let Some(cache) = cache else {
        OneMachine::open(data)?.fill(&spec).await?;
        return Ok(());
    };
    std::fs::create_dir_all(cache)
        .with_context(|| format!("cannot make the directory {}", cache.display()))?;
    let name =
        format!("cohort-{}-{}-{}-{}", cohort.users, cohort.days, cohort.seed, end.utc_date());
    let kept = cache.join(format!("{name}.db"));
    if !kept.exists() {
        let making = cache.join(format!("{name}.making"));
        OneMachine::open(&making)?.fill(&spec).await?;
        let made = database(&making);
        // Closed by now: nothing is left in its write-ahead log.
        std::fs::rename(&made, &kept)
            .with_context(|| format!("cannot move {} to {}", made.display(), kept.display()))?;
        std::fs::remove_dir_all(&making)
            .with_context(|| format!("cannot remove {}", making.display()))?;
    }
    // To the disk, or the first commit that waits for the file would wait for all of it.
    std::fs::copy(&kept, database(data))
        .and_then(|_| std::fs::File::open(database(data))?.sync_all())
        .with_context(|| format!("cannot copy {} to {}", kept.display(), data.display()))?;
    Ok(())
}

fn database(data: &Path) -> PathBuf {
    data.join("mindmate.db")
}

/// Gives a share of the users an item that no stage can read: a mood that is a word.
async fn break_items(machine: &OneMachine, scenario: &Scenario) -> anyhow::Result<()> {
    let broken = f64::from(scenario.cohort.users) * scenario.poison.items;
    let mut batch = ImportBatch::default();
    for index in 0..scenario.cohort.users {
        if f64::from(index) >= broken {
            break;
        }
        let user = user_id(index)?;
        let at = machine.clock().now();
        let sk = format!("MOOD#{}", mindmate_domain::instant::key_form(at));
        let item = Item::from([
            ("type".to_owned(), Attribute::text("MOOD")),
            ("timestamp".to_owned(), Attribute::text(mindmate_domain::instant::key_form(at))),
            ("mood".to_owned(), Attribute::text("a word")),
        ]);
        batch.add(ExportLine { user, sk, item })?;
    }
    machine.backend().import(batch).await?;
    Ok(())
}
