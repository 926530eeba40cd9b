//! The trained model that serves: read once a process, and again where the pointer changes.
//!
//! | what is found | what then serves |
//! | --- | --- |
//! | no pointer yet, or one that says so | the rules |
//! | a version | that model |
//! | a version that is missing, corrupt, or of other features | the model before it in this process, else the rules; told in the log, and looked for again |
//! | the store does not answer | the same |

use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use mindmate_model::{Artefact, Ensemble, RiskModel};
use mindmate_pipeline::BoxError;
use mindmate_pipeline::ports::{ModelStore, ModelVersion};
use tokio::sync::{Mutex, MutexGuard};
use tracing::{info, warn};

/// How long a look at the pointer counts: so long after a promotion or a rollback an earlier model may
/// still score.
pub const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// Makes a model of an artefact's bytes.
pub type OpenModel = dyn Fn(&[u8]) -> Result<Arc<dyn RiskModel>, BoxError> + Send + Sync;

/// The model that serves.
pub struct CurrentModel {
    store: Arc<dyn ModelStore>,
    open: Box<OpenModel>,
    /// When it was looked at the pointer last. Held by the one who looks.
    looked: Mutex<Option<Timestamp>>,
    /// What the last look found; nothing before the first.
    serving: RwLock<Option<Serving>>,
}

#[derive(Clone, Default)]
struct Serving {
    version: Option<ModelVersion>,
    model: Option<Arc<dyn RiskModel>>,
}

impl CurrentModel {
    /// Of this store.
    pub fn new(store: Arc<dyn ModelStore>, open: Box<OpenModel>) -> Self {
        Self { store, open, looked: Mutex::new(None), serving: RwLock::default() }
    }

    /// The same, of artefacts.
    pub fn of_artefacts(store: Arc<dyn ModelStore>) -> Self {
        Self::new(store, Box::new(|bytes| Ok(Arc::new(Ensemble::new(Artefact::parse(bytes)?)))))
    }

    /// The model that serves now, if one does. The first callers wait until it is loaded; of later ones one
    /// looks for a change once a minute, and the others go on with what there is.
    pub async fn get(&self, now: Timestamp) -> Option<Arc<dyn RiskModel>> {
        let known = self.known();
        let Some(mut looked) = self.turn(known.is_some()).await else {
            return known.unwrap_or_default().model;
        };
        // Who waited may find that it was looked meanwhile.
        let known = self.known().unwrap_or_default();
        if looked.is_some_and(|at| now.duration_since(at).abs() < LOOK_AGAIN) {
            return known.model;
        }
        let serving = self.look(known).await;
        *looked = Some(now);
        *self.serving.write().unwrap_or_else(PoisonError::into_inner) = Some(serving.clone());
        serving.model
    }

    fn known(&self) -> Option<Serving> {
        self.serving.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The turn to look, for which nobody waits who knows what served a minute ago.
    async fn turn(&self, is_known: bool) -> Option<MutexGuard<'_, Option<Timestamp>>> {
        if is_known { self.looked.try_lock().ok() } else { Some(self.looked.lock().await) }
    }

    /// What serves by the pointer as it stands, or still what did.
    async fn look(&self, known: Serving) -> Serving {
        let version = match self.store.pointer().await {
            Ok(standing) => standing.and_then(|standing| standing.pointer.current),
            Err(error) => {
                warn!(%error, "the pointer to the model cannot be read: nothing changes");
                return known;
            }
        };
        if version == known.version {
            return known;
        }
        let Some(version) = version else {
            info!("the rules serve");
            return Serving::default();
        };
        match self.load(&version).await {
            Ok(model) => {
                info!(model = model.version(), "a model serves");
                Serving { version: Some(version), model: Some(model) }
            }
            Err(error) => {
                warn!(%version, %error, "the model that should serve cannot: what served before does");
                known
            }
        }
    }

    async fn load(&self, version: &ModelVersion) -> Result<Arc<dyn RiskModel>, BoxError> {
        let artefact = self.store.get(version).await?;
        let artefact = artefact.ok_or("expected its artefact in the store, found none")?;
        let model = (self.open)(&artefact)?;
        if model.version() != version.as_str() {
            return Err(format!("expected the model {version}, found {}", model.version()).into());
        }
        Ok(model)
    }
}
