//! A stage, whatever its input: what every host calls.

use mindmate_domain::StageName;
use mindmate_pipeline::{Disposition, RawDelivery, Runner, Stage};

/// A runner without the type of its stage.
#[async_trait::async_trait]
pub(crate) trait Process: Send + Sync {
    /// The stage's name.
    fn stage(&self) -> StageName;

    /// See [`Runner::process`].
    async fn process(&self, raw: RawDelivery<'_>) -> Disposition;
}

#[async_trait::async_trait]
impl<S: Stage> Process for Runner<S> {
    fn stage(&self) -> StageName {
        S::NAME
    }

    async fn process(&self, raw: RawDelivery<'_>) -> Disposition {
        Runner::process(self, raw).await
    }
}
