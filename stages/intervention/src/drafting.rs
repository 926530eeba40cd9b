//! Messages drafted by a language model, where the person consents (safety 9 to 11).

use std::time::Duration;

use mindmate_domain::Consent;
use mindmate_domain::intervention::Message;
use mindmate_language::{Brief, Fill};
use mindmate_pipeline::within;
use tracing::{info, warn};

use crate::Interventions;
use crate::case::Case;

/// How long a draft is waited for (safety 10).
const PATIENCE: Duration = Duration::from_secs(3);

impl Interventions {
    /// A drafted message, or none: where nobody drafts, where the person does not consent, and
    /// where the draft is late, fails or is refused. The reason is logged, the draft is not.
    pub(crate) async fn draft(&self, case: &Case<'_>, fill: &Fill<'_>) -> Option<Message> {
        let writer = self.ports.writer.as_ref()?;
        if !case.consents.allows(Consent::LanguageModel) {
            return None;
        }
        let (drafts, locale) = (&self.materials.drafts, case.profile.locale.as_deref());
        let prompt = drafts.prompt(&Brief::new(case.kind, &case.factors), locale)?;
        let draft = match within(case.clock, PATIENCE, writer.write(&prompt)).await {
            Ok(Ok(draft)) => draft,
            Ok(Err(error)) => {
                warn!(%error, "no draft: a reviewed template is sent");
                return None;
            }
            Err(cut) => {
                warn!(%cut, "no draft: a reviewed template is sent");
                return None;
            }
        };
        match drafts.accept(&draft, locale, fill) {
            Ok(text) => {
                let template = format!("{}@{}", writer.name(), drafts.version());
                Some(Message { template, text })
            }
            Err(refusal) => {
                info!(%refusal, "a draft is not sent: a reviewed template is");
                None
            }
        }
    }
}
