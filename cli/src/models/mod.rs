//! `mindmate models`: the trained models, and which one serves.

mod acts;
mod evaluate;
mod list;
mod monitor;
mod promote;
pub(crate) mod promoting;
mod rollback;
mod show;

use anyhow::Context as _;
use mindmate_model::Artefact;
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
    let Some(bytes) = session.models.get(version).await? else {
        let known = session.models.versions().await?;
        let known: Vec<&str> = known.iter().map(ModelVersion::as_str).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        anyhow::bail!(
            "there is no model {version} in {}; there are: {known}",
            session.models.place()
        );
    };
    let model = Artefact::parse(&bytes);
    model.with_context(|| format!("the model {version} in {}", session.models.place()))
}

/// What stands beside the name of a model whose people were invented.
fn warning(artefact: &Artefact) -> &'static str {
    if artefact.contents().training.synthetic {
        "  (trained on invented people: proves nothing clinical)"
    } else {
        ""
    }
}
