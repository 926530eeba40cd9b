//! Trained models, in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use mindmate_pipeline::ports::{
    JobName, ModelPut, ModelStore, ModelVersion, Pointer, PortError, PortResult, StandingPointer,
};

use super::{MemoryBackend, lock};

#[derive(Default)]
pub(super) struct Models {
    artefacts: BTreeMap<ModelVersion, Vec<u8>>,
    pub(super) outputs: BTreeMap<JobName, Vec<u8>>,
    pointer: Option<Pointer>,
    /// How often the pointer was set: its mark.
    sets: u64,
}

impl Models {
    fn standing(&self) -> Option<StandingPointer> {
        let pointer = self.pointer.clone()?;
        Some(StandingPointer { pointer, mark: self.sets.to_string() })
    }
}

#[async_trait]
impl ModelStore for MemoryBackend {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    async fn put(&self, version: &ModelVersion, artefact: Vec<u8>) -> PortResult<ModelPut> {
        let models = &mut lock(&self.state.models).artefacts;
        Ok(match models.get(version) {
            Some(there) if *there == artefact => ModelPut::Existing,
            Some(_) => ModelPut::Taken,
            None => {
                models.insert(version.clone(), artefact);
                ModelPut::Written
            }
        })
    }

    async fn get(&self, version: &ModelVersion) -> PortResult<Option<Vec<u8>>> {
        Ok(lock(&self.state.models).artefacts.get(version).cloned())
    }

    async fn versions(&self) -> PortResult<Vec<ModelVersion>> {
        Ok(lock(&self.state.models).artefacts.keys().cloned().collect())
    }

    async fn output(&self, job: &JobName, most: u64) -> PortResult<Option<Vec<u8>>> {
        let output = lock(&self.state.models).outputs.get(job).cloned();
        match &output {
            Some(bytes) if bytes.len() as u64 > most => {
                let words = format!("expected at most {most} bytes, found {}", bytes.len());
                Err(PortError::permanent("memory", "too-large", words))
            }
            _ => Ok(output),
        }
    }

    async fn pointer(&self) -> PortResult<Option<StandingPointer>> {
        Ok(lock(&self.state.models).standing())
    }

    async fn point(&self, from: Option<&StandingPointer>, to: &Pointer) -> PortResult<bool> {
        let mut models = lock(&self.state.models);
        if models.standing().as_ref() != from {
            return Ok(false);
        }
        models.pointer = Some(to.clone());
        models.sets += 1;
        Ok(true)
    }
}
