//! A store whose pointer somebody else sets just before us.

use async_trait::async_trait;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{
    JobName, ModelPut, ModelStore, ModelVersion, Pointer, StandingPointer,
};

use crate::Racing;

#[async_trait]
impl ModelStore for Racing {
    fn place(&self) -> String {
        self.store.place()
    }

    async fn put(&self, version: &ModelVersion, artefact: Vec<u8>) -> PortResult<ModelPut> {
        self.store.put(version, artefact).await
    }

    async fn get(&self, version: &ModelVersion) -> PortResult<Option<Vec<u8>>> {
        self.store.get(version).await
    }

    async fn versions(&self) -> PortResult<Vec<ModelVersion>> {
        self.store.versions().await
    }

    async fn output(&self, job: &JobName, most: u64) -> PortResult<Option<Vec<u8>>> {
        self.store.output(job, most).await
    }

    async fn pointer(&self) -> PortResult<Option<StandingPointer>> {
        self.store.pointer().await
    }

    async fn point(&self, from: Option<&StandingPointer>, to: &Pointer) -> PortResult<bool> {
        let theirs = Pointer { current: Some(self.to.clone()), ..to.clone() };
        assert!(self.store.point(from, &theirs).await?);
        self.store.point(from, to).await
    }
}
