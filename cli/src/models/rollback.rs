//! `mindmate models rollback`.

use mindmate_domain::audit::AuditAction;
use mindmate_pipeline::ports::ModelVersion;
use serde_json::json;

use super::acts::Act;
use super::{kept, point, pointer};
use crate::args::{Format, RollBack};
use crate::exit::Exit;
use crate::output;
use crate::session::Session;

pub(super) async fn run(
    session: &Session,
    format: Format,
    args: &RollBack,
) -> anyhow::Result<Exit> {
    let standing = pointer(session).await?;
    let Some(standing) = standing.filter(|it| it.pointer.current.is_some()) else {
        anyhow::bail!("no model serves, the documented rules do: there is nothing to take back");
    };
    let back = standing.pointer.rolled_back(session.clock.now());
    // Before anything changes: who goes back must find what they go back to.
    if let Some(version) = &back.current {
        kept(session, version).await?;
    }
    point(session, Some(&standing), &back).await?;
    let (from, to) = (&standing.pointer.current, &back.current);
    let from = from.as_ref().map(ModelVersion::as_str).unwrap_or_default();
    let serves = to.as_ref().map(ModelVersion::as_str);
    let act = Act { by: &args.by, action: AuditAction::ModelRolledBack, serves };
    act.note(session, &[("from", from), ("reason", &args.reason)]).await?;
    match format {
        Format::Json => output::json(&json!({ "tookBack": from, "serves": serves }))?,
        Format::Text | Format::Csv => output::text(&format!(
            "{from} was taken back; {} serve{} now, everywhere within a minute\n",
            serves.unwrap_or("the documented rules"),
            if serves.is_some() { "s" } else { "" }
        ))?,
    }
    Ok(Exit::Success)
}
