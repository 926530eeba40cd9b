//! `mindmate models promote`.

use std::path::Path;

use anyhow::Context as _;
use mindmate_pipeline::ports::ModelVersion;

use super::promoting::{Promoting, promote};
use crate::args::{Format, Promote};
use crate::exit::Exit;
use crate::session::Session;

pub(super) async fn run(session: &Session, format: Format, args: &Promote) -> anyhow::Result<Exit> {
    let bytes = file(session, &args.model).await?;
    let order = Promoting {
        bytes: &bytes,
        set: &session.training_set(args.data_set.as_deref())?,
        job: None,
        force: args.force.as_deref(),
        by: &args.by,
        resamples: args.resamples,
        seed: args.seed,
    };
    promote(session, format, &order).await
}

/// The bytes of a file, or of a kept version.
async fn file(session: &Session, model: &str) -> anyhow::Result<Vec<u8>> {
    let path = Path::new(model);
    if path.exists() {
        return std::fs::read(path).with_context(|| format!("cannot read {model}"));
    }
    let version: ModelVersion = model.parse().with_context(|| {
        format!("there is no file {model}, and it is not the version of a model either")
    })?;
    let kept = session.models.get(&version).await?;
    kept.with_context(|| {
        let place = session.models.place();
        format!("there is no file {model}, and no model of that version in {place}")
    })
}
