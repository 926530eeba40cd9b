//! Where it is kept what was told of one session or activity.

use std::sync::Arc;

use jiff::Timestamp;
use mindmate_contracts::AppName;
use mindmate_domain::UserId;
use mindmate_domain::pseudonym::hex;
use mindmate_pipeline::StageError;
use mindmate_pipeline::ports::UserStates;
use sha2::{Digest as _, Sha256};

use crate::facts::{Fact, Facts};
use crate::{KEPT, LOOKS};

/// A session or an activity of a user.
pub(crate) struct Place<'a> {
    /// Whose it is.
    pub(crate) user: &'a UserId,
    /// What stands for its id in keys and names: they are short then, whatever the id is, and no
    /// raw id is in them.
    pub(crate) digest: String,
    /// The name of its state.
    state: String,
}

impl<'a> Place<'a> {
    /// What facts of this kind about an id are kept under.
    pub(crate) fn of<F: Fact>(user: &'a UserId, id: &AppName) -> Self {
        // 128 bits, as in the id of an intervention.
        let digest = hex(&Sha256::digest(id.as_str())[..16]);
        let state = format!("{}/{digest}", F::THING);
        Self { user, digest, state }
    }
}

/// The states, as sets of facts.
#[derive(Clone)]
pub(crate) struct FactStore(pub(crate) Arc<dyn UserStates>);

impl FactStore {
    /// All that is known.
    pub(crate) async fn known<F: Fact>(&self, place: &Place<'_>) -> Result<Facts<F>, StageError> {
        read(self.0.state(place.user, &place.state).await?.as_deref())
    }

    /// Adds a fact, and gives all that is known then.
    pub(crate) async fn add<F: Fact>(
        &self,
        place: &Place<'_>,
        fact: &F,
        now: Timestamp,
    ) -> Result<Facts<F>, StageError> {
        let expires = now.saturating_add(KEPT).unwrap_or(Timestamp::MAX);
        for _ in 0..LOOKS {
            let stored = self.0.state(place.user, &place.state).await?;
            let facts = read::<F>(stored.as_deref())?;
            let Some(more) = facts.with(fact) else { return Ok(facts) };
            let value = serde_json::to_string(&more)
                .map_err(|error| StageError::permanent("unwritable-state", error))?;
            let seen = stored.as_deref();
            if self.0.put(place.user, &place.state, &value, seen, expires).await? {
                return Ok(more);
            }
        }
        Err(StageError::transient("what is known changed again and again"))
    }
}

fn read<F: Fact>(stored: Option<&str>) -> Result<Facts<F>, StageError> {
    // The error's own words may quote what stands there.
    let unreadable = |_| StageError::permanent("unreadable-state", "expected a set of facts");
    stored.map_or(Ok(Facts::default()), |state| serde_json::from_str(state).map_err(unreadable))
}
