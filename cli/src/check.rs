//! `mindmate check`: whether the file is whole.

use anyhow::Context as _;
use mindmate_embedded::Whole;
use serde_json::json;

use crate::args::Format;
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::session::Place;

pub(crate) async fn run(place: &Place, format: Format) -> anyhow::Result<Exit> {
    let session = place.open_existing().await?;
    let Whole { pages, bytes } = session.installation.check().await?.context(
        "expected the local backend: AWS looks after its tables; `audit verify` checks what the pipeline wrote there",
    )?;
    let rows = session.installation.verify_audit().await?.rows;
    match format {
        Format::Json => {
            output::json(
                &json!({ "whole": true, "pages": pages, "bytes": bytes, "auditRows": rows }),
            )?;
        }
        Format::Text | Format::Csv => output::text(&format!(
            "{place} is whole: {} MB in {} pages, and an audit trail of {} rows that holds together\n",
            grouped(bytes.div_ceil(1_000_000)),
            grouped(pages),
            grouped(rows)
        ))?,
    }
    Ok(Exit::Success)
}
