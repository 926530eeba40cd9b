//! The installation's key for pseudonyms, from the bucket.

use aws_sdk_s3::Client;
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::PortError;

use crate::error::port_error;

const PORT: &str = "s3";

/// Reads the key: an object of exactly its bytes, which the deployment makes once.
///
/// # Errors
/// The bucket's, or an object of another size.
pub(crate) async fn key(client: &Client, bucket: &str, object: &str) -> PortResult<PseudonymKey> {
    let found = client.get_object().bucket(bucket).key(object).send().await;
    let found = found.map_err(|error| port_error(PORT, error))?;
    let bytes = found.body.collect().await.map_err(|error| PortError::transient(PORT, error))?;
    let bytes = bytes.to_vec();
    let length = bytes.len();
    let key = <[u8; _]>::try_from(bytes).map_err(|_| {
        let words = format!("expected a key of 32 bytes in {object}, found {length} bytes");
        PortError::permanent(PORT, "bad-pseudonym-key", words)
    })?;
    Ok(PseudonymKey::new(key))
}
