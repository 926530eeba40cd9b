//! `mindmate audit`: whether the trail holds together.

use std::path::Path;

use serde_json::json;

use crate::args::{self, AuditAction, Format};
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::session::Session;

pub(crate) async fn run(data: &Path, format: Format, args: &args::Audit) -> anyhow::Result<Exit> {
    let AuditAction::Verify = args.action;
    let session = Session::open_existing(data)?;
    let rows = session.backend.verify_audit().await??;
    match format {
        Format::Json => output::json(&json!({ "rows": rows, "intact": true }))?,
        Format::Text | Format::Csv => {
            output::text(&format!("the audit trail holds together: {} rows\n", grouped(rows)))?;
        }
    }
    Ok(Exit::Success)
}
