//! Delivers an intervention that is decided on, from wherever an earlier try left it.

use mindmate_domain::intervention::{DeliveryStatus, WithheldReason};
use mindmate_pipeline::ports::StoredIntervention;
use mindmate_pipeline::{Outgoing, StageError, crash};

use crate::Interventions;
use crate::case::Case;
use crate::outgoing;

impl Interventions {
    /// Puts it into the chat, unless it is there, and says so.
    ///
    /// The cool-down is not asked again, since the guard is its own; nor whether a newer
    /// assessment is there, since that guard may have held back what the newer one asked for.
    /// Consents and age are: an opt-out takes effect on what is decided on, and what was decided
    /// on long ago is as late as anything else (safety 7).
    pub(crate) async fn go_on(
        &self,
        case: &Case<'_>,
        stored: StoredIntervention,
    ) -> Result<Vec<Outgoing>, StageError> {
        let StoredIntervention { intervention, status } = stored;
        if status == DeliveryStatus::Pending {
            if let Some(reason) = case.opted_out() {
                return self.withhold(case, reason).await;
            }
            if self.is_stale(case) && !self.is_in_the_chat(&intervention).await? {
                return self.withhold(case, WithheldReason::Stale).await;
            }
            self.ports.chats.deliver(&intervention).await?;
            crash::point("intervention.after-chat");
            self.ports.interventions.delivered(intervention.id(), case.now()).await?;
        }
        Ok(vec![outgoing::delivered(case)?])
    }
}
