//! `mindmate models promote`.

use super::named;
use super::promoting::{Promoting, promote};
use crate::args::{Format, Promote};
use crate::exit::Exit;
use crate::session::Session;

pub(super) async fn run(session: &Session, format: Format, args: &Promote) -> anyhow::Result<Exit> {
    let bytes = named(session, &args.model).await?;
    let order = Promoting {
        bytes: &bytes,
        set: &session.training_set(args.data_set.as_deref(), "--data-set")?,
        job: None,
        force: args.force.as_deref(),
        by: &args.by,
        resamples: args.resamples,
        seed: args.seed,
    };
    promote(session, format, &order).await
}
