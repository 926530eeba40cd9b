//! Whom a daily run on this machine is about: people who are there, whole, or a synthetic cohort.

use mindmate_cohort::CohortSpec;
use mindmate_domain::AsOf;

use crate::args;
use crate::output::grouped;
use crate::session::Installation;
use crate::session::local::Local;
use crate::{cohort, marks};

/// The cohort that an empty data directory is filled with.
const FIRST_COHORT: (u32, u16, u64) = (1_000, 60, 1);

/// Sees to it that there are people, and all of them. Invented people take no real one's place: only
/// a directory that nobody imported into is filled with them.
pub(super) async fn prepare(local: &Local, as_of: AsOf, args: &args::Daily) -> anyhow::Result<()> {
    let table: &dyn Installation = &local.backend;
    let empty = local.backend.is_empty().await?;
    let half_filled = marks::half_filled(table).await?;
    anyhow::ensure!(
        !empty || half_filled.is_some() || !marks::import_was_tried(table).await?,
        "{} is empty, and an import was tried there that brought nobody: import an export (mindmate import FILE), or ask for invented people by name (mindmate cohort), with the same --data",
        local.dir.path().display()
    );
    whole_imports(local, args.incomplete_import).await?;
    if let Some(spec) = half_filled {
        refill(local, &spec, args.no_cohort).await?;
    } else if empty {
        fill(local, as_of, args.no_cohort).await?;
    }
    Ok(())
}

/// Who is missing from an import would be assessed by nobody, or without their consents.
async fn whole_imports(local: &Local, all_the_same: bool) -> anyhow::Result<()> {
    let names = marks::incomplete_files(&local.backend).await?;
    if names.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
    let names = names.join(", ");
    anyhow::ensure!(
        all_the_same,
        "only a part was imported of {names}: people and consents may be missing; import the whole file again, under the same name, or go on all the same with --incomplete-import"
    );
    eprintln!("note: only a part was imported of {names}: people and consents may be missing");
    Ok(())
}

/// Makes a cohort again of which only a part is there: the same people under the same keys.
async fn refill(local: &Local, spec: &CohortSpec, no_cohort: bool) -> anyhow::Result<()> {
    let data = local.dir.path().display();
    anyhow::ensure!(
        !no_cohort,
        "only a part of a synthetic cohort is in {data}: leave out --no-cohort to make it whole, or name another directory with --data"
    );
    eprintln!(
        "Only a part of a synthetic cohort of {} users is in {data}: it is made whole.",
        grouped(spec.users.into())
    );
    cohort::fill(&local.session, spec).await?;
    Ok(())
}

async fn fill(local: &Local, as_of: AsOf, no_cohort: bool) -> anyhow::Result<()> {
    let data = local.dir.path().display();
    anyhow::ensure!(
        !no_cohort,
        "{data} is empty: import an export first, or leave out --no-cohort for a synthetic cohort"
    );
    let (users, days, seed) = FIRST_COHORT;
    eprintln!(
        "{data} is empty: making a synthetic cohort of {} users, {days} days up to {as_of}.",
        grouped(users.into())
    );
    eprintln!("These people are invented. For an export of your own: mindmate import FILE");
    cohort::fill(&local.session, &CohortSpec::new(users, days, seed, as_of.instant())?).await?;
    Ok(())
}
