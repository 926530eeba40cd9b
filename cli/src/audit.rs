//! `mindmate audit`: whether the trail holds together.

use serde_json::json;

use crate::args::{self, AuditAction, Format};
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::session::Place;

pub(crate) async fn run(place: &Place, format: Format, args: &args::Audit) -> anyhow::Result<Exit> {
    let AuditAction::Verify = args.action;
    let session = place.open_existing().await?;
    let trail = session.installation.verify_audit().await?;
    match format {
        Format::Json => {
            let mut json = json!({ "rows": trail.rows, "intact": true });
            if let Some(chains) = trail.chains {
                json["chains"] = json!(chains);
            }
            output::json(&json)?;
        }
        Format::Text | Format::Csv => {
            let chains = trail.chains.map(|chains| format!(" of {} users", grouped(chains)));
            let (rows, chains) = (grouped(trail.rows), chains.unwrap_or_default());
            output::text(&format!("the audit trail holds together: {rows} rows{chains}\n"))?;
        }
    }
    Ok(Exit::Success)
}
