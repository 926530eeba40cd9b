//! Trained models in the bucket: `models/{version}/model.json` for each, and `models/current.json`, the
//! pointer. What training jobs make lies in `models/jobs/`.
//!
//! Both are put under a condition: a version where there is none yet, the pointer where it still has the
//! tag that was read. A version has a key of its own, so that the bucket's rule for earlier versions of
//! an object never takes what a rollback goes back to.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use mindmate_pipeline::ports::{
    JobName, ModelPut, ModelStore, ModelVersion, Pointer, StandingPointer,
};
use mindmate_pipeline::{PortError, PortResult};

use crate::error::port_error;
use crate::objects::body;

const PORT: &str = "s3";

/// Where models lie in the bucket.
const ROOT: &str = "models/";
const POINTER: &str = "models/current.json";
const FILE: &str = "/model.json";

/// Codes of a condition that did not hold: what was there, or was put meanwhile.
const CONDITION: [&str; 2] = ["PreconditionFailed", "ConditionalRequestConflict"];

/// Trained models in a bucket.
#[derive(Clone)]
pub(crate) struct ModelBucket {
    client: Client,
    bucket: String,
}

impl ModelBucket {
    pub(crate) fn new(config: &SdkConfig, bucket: String) -> Self {
        Self { client: Client::new(config), bucket }
    }

    /// An object with its tag.
    async fn object(&self, key: &str) -> PortResult<Option<(Vec<u8>, String)>> {
        self.bounded(key, u64::MAX).await
    }

    async fn bounded(&self, key: &str, most: u64) -> PortResult<Option<(Vec<u8>, String)>> {
        body(self.client.get_object().bucket(&self.bucket).key(key).send().await, most).await
    }

    async fn put_if(
        &self,
        key: &str,
        bytes: Vec<u8>,
        condition: Condition<'_>,
    ) -> Result<PutObjectOutput, SdkError<PutObjectError>> {
        let put = self.client.put_object().bucket(&self.bucket).key(key);
        let put = put.content_type("application/json").body(ByteStream::from(bytes));
        match condition {
            Condition::Absent => put.if_none_match("*").send().await,
            Condition::Unchanged(tag) => put.if_match(tag).send().await,
        }
    }
}

enum Condition<'a> {
    Absent,
    Unchanged(&'a str),
}

#[async_trait]
impl ModelStore for ModelBucket {
    fn place(&self) -> String {
        format!("s3://{}/{}", self.bucket, ROOT.trim_end_matches('/'))
    }

    async fn put(&self, version: &ModelVersion, artefact: Vec<u8>) -> PortResult<ModelPut> {
        let key = key(version);
        match self.put_if(&key, artefact.clone(), Condition::Absent).await {
            Ok(_) => Ok(ModelPut::Written),
            Err(error) if did_not_hold(&error) => {
                let there = self.object(&key).await?;
                let same = there.is_some_and(|(bytes, _)| bytes == artefact);
                Ok(if same { ModelPut::Existing } else { ModelPut::Taken })
            }
            Err(error) => Err(port_error(PORT, error)),
        }
    }

    async fn get(&self, version: &ModelVersion) -> PortResult<Option<Vec<u8>>> {
        Ok(self.object(&key(version)).await?.map(|(bytes, _)| bytes))
    }

    async fn versions(&self) -> PortResult<Vec<ModelVersion>> {
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(ROOT).delimiter("/");
        let mut pages = list.into_paginator().send();
        let mut versions = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| port_error(PORT, error))?;
            let folders = page.common_prefixes.unwrap_or_default();
            let names = folders.iter().filter_map(|folder| {
                let name = folder.prefix()?.strip_prefix(ROOT)?.strip_suffix('/')?;
                (name != JobName::FOLDER).then(|| name.parse().ok())?
            });
            versions.extend(names);
        }
        versions.sort();
        Ok(versions)
    }

    async fn output(&self, job: &JobName, most: u64) -> PortResult<Option<Vec<u8>>> {
        let key = format!("{ROOT}{}", job.output());
        Ok(self.bounded(&key, most).await?.map(|(bytes, _)| bytes))
    }

    async fn pointer(&self) -> PortResult<Option<StandingPointer>> {
        let Some((bytes, mark)) = self.object(POINTER).await? else { return Ok(None) };
        let pointer = serde_json::from_slice(&bytes).map_err(|error| {
            let words = format!("expected the pointer to a model in {POINTER}, found {error}");
            PortError::outage(PORT, words)
        })?;
        Ok(Some(StandingPointer { pointer, mark }))
    }

    async fn point(&self, from: Option<&StandingPointer>, to: &Pointer) -> PortResult<bool> {
        let condition = from.map_or(Condition::Absent, |it| Condition::Unchanged(&it.mark));
        let bytes = serde_json::to_vec_pretty(to)
            .map_err(|error| PortError::permanent(PORT, "not-json", error))?;
        match self.put_if(POINTER, bytes, condition).await {
            Ok(_) => Ok(true),
            Err(error) if did_not_hold(&error) => Ok(false),
            Err(error) => Err(port_error(PORT, error)),
        }
    }
}

fn key(version: &ModelVersion) -> String {
    format!("{ROOT}{version}{FILE}")
}

fn did_not_hold(error: &SdkError<PutObjectError>) -> bool {
    error.code().is_some_and(|code| CONDITION.contains(&code))
}
