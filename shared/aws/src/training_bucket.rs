//! The training set in the bucket, under `training/`.
//!
//! Each file is a multipart upload, of which nothing shows before it is completed. To publish a draft the
//! earlier manifest is deleted, both uploads are completed, and the manifest is put. Memory holds one part a
//! side. What a process leaves behind that dies is removed by the bucket's own rule for broken uploads;
//! earlier versions of a file by its rule for training data, a day later.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{MANIFEST_PATH, PortError, Side, TrainingDraft, TrainingStore};

use crate::clients::timeouts;
use crate::error::port_error;
use crate::objects::body;

const PORT: &str = "s3";

/// Where the training data lies in the bucket.
const ROOT: &str = "training";

/// Bytes from which a part is sent. S3 takes 10,000 parts, each but the last of at least 5 MiB: a file may
/// have 78 GiB.
const PART_BYTES: usize = 8 * 1_024 * 1_024;

/// One try to send a part, and a call with all its tries: longer than other calls, for a part is larger
/// than anything else that is sent.
const ATTEMPT: Duration = Duration::from_mins(1);
const OPERATION: Duration = Duration::from_mins(3);

/// The training set in a bucket.
#[derive(Clone)]
pub(crate) struct TrainingBucket {
    client: Client,
    bucket: String,
}

fn key(path: &str) -> String {
    format!("{ROOT}/{path}")
}

impl TrainingBucket {
    pub(crate) fn new(config: &SdkConfig, bucket: String) -> Self {
        let config = aws_sdk_s3::config::Builder::from(config);
        let config = config.timeout_config(timeouts(ATTEMPT, OPERATION)).build();
        Self { client: Client::from_conf(config), bucket }
    }

    async fn delete(&self, path: &str) -> PortResult<()> {
        let deleted = self.client.delete_object().bucket(&self.bucket).key(key(path)).send().await;
        deleted.map(drop).map_err(|error| port_error(PORT, error))
    }
}

#[async_trait]
impl TrainingStore for TrainingBucket {
    fn place(&self) -> String {
        format!("s3://{}/{ROOT}", self.bucket)
    }

    async fn draft(&self) -> PortResult<Box<dyn TrainingDraft>> {
        let train = Upload::begin(self, Side::Train).await?;
        let validation = match Upload::begin(self, Side::Validation).await {
            Ok(upload) => upload,
            Err(error) => {
                train.abort(self).await?;
                return Err(error);
            }
        };
        Ok(Box::new(BucketDraft { store: self.clone(), uploads: [train, validation] }))
    }

    async fn read(&self, path: &str) -> PortResult<Option<Vec<u8>>> {
        let object = self.client.get_object().bucket(&self.bucket).key(key(path)).send().await;
        Ok(body(object, u64::MAX).await?.map(|(bytes, _)| bytes))
    }

    async fn remove(&self) -> PortResult<()> {
        for path in [MANIFEST_PATH].into_iter().chain(Side::ALL.map(Side::path)) {
            self.delete(path).await?;
        }
        Ok(())
    }
}

/// A set that is being written.
struct BucketDraft {
    store: TrainingBucket,
    uploads: [Upload; 2],
}

#[async_trait]
impl TrainingDraft for BucketDraft {
    async fn append(&mut self, side: Side, bytes: Vec<u8>) -> PortResult<()> {
        let upload = &mut self.uploads[side as usize];
        upload.buffer.extend(bytes);
        if upload.buffer.len() >= PART_BYTES { upload.send_part(&self.store).await } else { Ok(()) }
    }

    async fn publish(self: Box<Self>, manifest: Vec<u8>) -> PortResult<()> {
        let Self { store, mut uploads } = *self;
        for upload in &mut uploads {
            upload.send_part(&store).await?;
        }
        store.delete(MANIFEST_PATH).await?;
        for upload in uploads {
            upload.complete(&store).await?;
        }
        let put = store.client.put_object().bucket(&store.bucket).key(key(MANIFEST_PATH));
        let put = put.content_type("application/json").body(ByteStream::from(manifest));
        put.send().await.map(drop).map_err(|error| port_error(PORT, error))
    }

    async fn discard(self: Box<Self>) -> PortResult<()> {
        let Self { store, uploads } = *self;
        for upload in uploads {
            upload.abort(&store).await?;
        }
        Ok(())
    }
}

/// A file on its way.
struct Upload {
    key: String,
    id: String,
    buffer: Vec<u8>,
    parts: Vec<CompletedPart>,
}

impl Upload {
    async fn begin(store: &TrainingBucket, side: Side) -> PortResult<Self> {
        let key = key(side.path());
        let begun = store.client.create_multipart_upload().bucket(&store.bucket).key(&key);
        let begun = begun.content_type("text/csv").send().await;
        let begun = begun.map_err(|error| port_error(PORT, error))?;
        let id = begun.upload_id.unwrap_or_default();
        Ok(Self { key, id, buffer: Vec::new(), parts: Vec::new() })
    }

    /// Sends what is gathered. A file has at least one part, be it empty.
    async fn send_part(&mut self, store: &TrainingBucket) -> PortResult<()> {
        if self.buffer.is_empty() && !self.parts.is_empty() {
            return Ok(());
        }
        let number = i32::try_from(self.parts.len() + 1)
            .map_err(|error| PortError::permanent(PORT, "aws-refused", error))?;
        let bytes = std::mem::take(&mut self.buffer);
        let sent = store.client.upload_part().bucket(&store.bucket).key(&self.key);
        let sent = sent.upload_id(&self.id).part_number(number).body(ByteStream::from(bytes));
        let sent = sent.send().await.map_err(|error| port_error(PORT, error))?;
        // The checksum is the SDK's own; who completes an upload has to name it again.
        let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
        let part = part.set_checksum_crc32(sent.checksum_crc32);
        self.parts.push(part.set_checksum_crc64_nvme(sent.checksum_crc64_nvme).build());
        Ok(())
    }

    async fn complete(self, store: &TrainingBucket) -> PortResult<()> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts)).build();
        let done = store.client.complete_multipart_upload().bucket(&store.bucket).key(self.key);
        let done = done.upload_id(self.id).multipart_upload(parts).send().await;
        done.map(drop).map_err(|error| port_error(PORT, error))
    }

    async fn abort(self, store: &TrainingBucket) -> PortResult<()> {
        let gone = store.client.abort_multipart_upload().bucket(&store.bucket).key(self.key);
        let gone = gone.upload_id(self.id).send().await;
        gone.map(drop).map_err(|error| port_error(PORT, error))
    }
}
