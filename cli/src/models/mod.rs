//! `mindmate models`: the trained models, and which one serves.

mod acts;
mod evaluate;
mod list;
mod monitor;
mod promote;
pub(crate) mod promoting;
mod rollback;
mod shipped;
mod show;

use std::path::Path;

use anyhow::Context as _;
use mindmate_model::Artefact;
use mindmate_model::artefact::INVENTED;
use mindmate_pipeline::ports::{ModelVersion, Pointer, StandingPointer};

use crate::args::{self, Format, ModelsAction};
use crate::exit::Exit;
use crate::session::{Place, Session};

pub(crate) async fn run(
    place: &Place,
    format: Format,
    args: &args::Models,
) -> anyhow::Result<Exit> {
    let session = place.open().await?;
    match &args.action {
        ModelsAction::List => list::run(&session, format).await,
        ModelsAction::Show(args) => show::run(&session, format, args).await,
        ModelsAction::Evaluate(args) => evaluate::run(&session, format, args).await,
        ModelsAction::Promote(args) => promote::run(&session, format, args).await,
        ModelsAction::Monitor(args) => monitor::run(&session, format, args).await,
        ModelsAction::Rollback(args) => rollback::run(&session, format, args).await,
    }
}

/// What the pointer says.
async fn pointer(session: &Session) -> anyhow::Result<Option<StandingPointer>> {
    let pointer = session.models.pointer().await;
    pointer
        .with_context(|| format!("which model serves cannot be read in {}", session.models.place()))
}

/// Sets the pointer, unless somebody else did meanwhile.
async fn point(
    session: &Session,
    from: Option<&StandingPointer>,
    to: &Pointer,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        session.models.point(from, to).await?,
        "somebody else changed which model serves at the same time: nothing was changed here; look with `{}` and do it again if it is still right",
        session.command("models list")
    );
    Ok(())
}

/// A kept model.
async fn kept(session: &Session, version: &ModelVersion) -> anyhow::Result<Artefact> {
    let model = Artefact::parse(&kept_bytes(session, version).await?);
    model.with_context(|| format!("the model {version} in {}", session.models.place()))
}

async fn kept_bytes(session: &Session, version: &ModelVersion) -> anyhow::Result<Vec<u8>> {
    if let Some(bytes) = session.models.get(version).await? {
        return Ok(bytes);
    }
    let known = session.models.versions().await?;
    let known: Vec<&str> = known.iter().map(ModelVersion::as_str).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    anyhow::bail!("there is no model {version} in {}; there are: {known}", session.models.place())
}

/// The bytes of a model that somebody named: a file, a version that is kept, or the one that ships.
async fn named(session: &Session, name: &str) -> anyhow::Result<Vec<u8>> {
    if name == shipped::NAME {
        return shipped::bytes(session);
    }
    if Path::new(name).is_file() {
        return std::fs::read(name).with_context(|| format!("cannot read {name}"));
    }
    let version: ModelVersion = name.parse().with_context(|| {
        format!("expected a version, a file that is there, or `shipped`; found {name:?}")
    })?;
    kept_bytes(session, &version).await
}

/// What stands beside the name of a model whose people were invented.
fn warning(artefact: &Artefact) -> String {
    let synthetic = artefact.contents().training.synthetic;
    if synthetic { format!("  ({INVENTED})") } else { String::new() }
}
