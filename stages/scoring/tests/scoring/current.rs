//! R4.2, R7.6: which model serves, and when another does.

use std::sync::Arc;
use std::time::Duration;

use mindmate_domain::assessment::Method;
use mindmate_domain::{FeatureVector, RiskScore};
use mindmate_model::{ModelError, RiskModel, Scored};
use mindmate_pipeline::ports::{ModelStore, ModelVersion, Pointer};
use mindmate_pipeline::{BoxError, Clock as _};
use mindmate_scoring::current::CurrentModel;
use mindmate_testkit::{Fault, Faulty};

use crate::support::{World, well};

/// A model that knows its name alone.
struct Named(String);

impl RiskModel for Named {
    fn version(&self) -> &str {
        &self.0
    }

    fn method(&self) -> Method {
        Method::Model
    }

    fn score(&self, _: &FeatureVector) -> Result<Scored, ModelError> {
        let score = RiskScore::new(0.61).unwrap();
        Ok(Scored { score, contributions: Vec::new(), confidence: 1.0 })
    }
}

fn open(artefact: &[u8]) -> Result<Arc<dyn RiskModel>, BoxError> {
    let name = std::str::from_utf8(artefact)?;
    if name == "corrupt" { Err("no artefact".into()) } else { Ok(Arc::new(Named(name.to_owned()))) }
}

fn version(name: &str) -> ModelVersion {
    name.parse().unwrap()
}

/// A store with the models a and b, and what stands under c.
struct Models {
    world: World,
    store: Arc<dyn ModelStore>,
    current: CurrentModel,
}

impl Models {
    async fn new() -> Self {
        let world = World::new();
        Self::over(world.backend.model_store(), world).await
    }

    async fn over(store: Arc<dyn ModelStore>, world: World) -> Self {
        for (name, artefact) in [("a", "a"), ("b", "b"), ("corrupt", "corrupt"), ("other", "a")] {
            store.put(&version(name), artefact.into()).await.unwrap();
        }
        let current = CurrentModel::new(store.clone(), Box::new(open));
        Self { world, store, current }
    }

    async fn point(&self, to: Option<&str>) {
        let standing = self.store.pointer().await.unwrap();
        let to = Pointer {
            current: to.map(version),
            since: self.world.clock.now(),
            previous: Vec::new(),
        };
        assert!(self.store.point(standing.as_ref(), &to).await.unwrap());
    }

    /// What serves now; "" where the rules do.
    async fn serves(&self) -> String {
        let model = self.current.get(self.world.clock.now()).await;
        model.map(|model| model.version().to_owned()).unwrap_or_default()
    }

    async fn serves_a_minute_later(&self) -> String {
        self.world.clock.advance(Duration::from_mins(1));
        self.serves().await
    }
}

#[tokio::test]
async fn the_assessment_is_by_the_model_that_was_promoted() {
    let models = Models::new().await;
    models.point(Some("a")).await;
    let stage = models.world.stage().with_current(Arc::new(models.current));
    mindmate_pipeline::Stage::handle(&stage, well(), &models.world.delivery()).await.unwrap();
    let written = models.world.assessment().await.unwrap();
    assert_eq!((written.method, written.model_version), (Method::Model, Some("a".to_owned())));
}

#[tokio::test]
async fn until_one_is_promoted_the_rules_serve() {
    let models = Models::new().await;
    assert_eq!(models.serves().await, "");
    models.point(Some("a")).await;
    assert_eq!(models.serves_a_minute_later().await, "a");
}

#[tokio::test]
async fn a_promotion_and_a_rollback_are_noticed_within_a_minute() {
    let models = Models::new().await;
    models.point(Some("a")).await;
    assert_eq!(models.serves().await, "a");
    models.point(Some("b")).await;
    assert_eq!(models.serves().await, "a", "a look counts for a minute");
    assert_eq!(models.serves_a_minute_later().await, "b");
    models.point(Some("a")).await;
    assert_eq!(models.serves_a_minute_later().await, "a");
    models.point(None).await;
    assert_eq!(models.serves_a_minute_later().await, "");
}

#[tokio::test]
async fn a_model_that_cannot_serve_leaves_what_served_before() {
    for bad in ["missing", "corrupt", "other"] {
        let models = Models::new().await;
        models.point(Some("a")).await;
        assert_eq!(models.serves().await, "a");
        models.point(Some(bad)).await;
        assert_eq!(models.serves_a_minute_later().await, "a", "{bad}");
        models.point(Some("b")).await;
        assert_eq!(models.serves_a_minute_later().await, "b");
    }
}

#[tokio::test]
async fn a_new_process_that_finds_no_model_goes_by_the_rules_and_looks_again() {
    let models = Models::new().await;
    models.point(Some("missing")).await;
    assert_eq!(models.serves().await, "");
    models.store.put(&version("missing"), b"missing".to_vec()).await.unwrap();
    assert_eq!(models.serves_a_minute_later().await, "missing");
}

#[tokio::test]
async fn a_store_that_does_not_answer_changes_nothing() {
    let world = World::new();
    let faults = world.faults();
    let store: Arc<dyn ModelStore> = Faulty::new(world.backend.model_store(), &faults);
    let models = Models::over(store, world).await;
    models.point(Some("a")).await;
    faults.script([Fault::Before]);
    assert_eq!(models.serves().await, "");
    assert_eq!(models.serves_a_minute_later().await, "a");
    models.point(Some("b")).await;
    faults.script([Fault::None, Fault::Before]);
    assert_eq!(models.serves_a_minute_later().await, "a", "its artefact was not to be had");
    assert_eq!(models.serves_a_minute_later().await, "b");
}

#[tokio::test]
async fn all_who_come_first_wait_for_the_model() {
    let models = Models::new().await;
    models.point(Some("a")).await;
    let now = models.world.clock.now();
    let many = futures::future::join_all((0..8).map(|_| models.current.get(now))).await;
    assert!(many.iter().all(Option::is_some));
}
