//! Objects of a bucket, read whole.

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use mindmate_pipeline::{PortError, PortResult};

use crate::error::port_error;

const PORT: &str = "s3";

/// The bytes of an object of at most so many, with its tag; none where there is no object.
pub(crate) async fn body(
    object: Result<GetObjectOutput, SdkError<GetObjectError>>,
    most: u64,
) -> PortResult<Option<(Vec<u8>, String)>> {
    let object = match object {
        Err(error) if is_missing(&error) => return Ok(None),
        object => object.map_err(|error| port_error(PORT, error))?,
    };
    let found = object.content_length.and_then(|found| u64::try_from(found).ok());
    if let Some(found) = found.filter(|found| *found > most) {
        let words = format!("an object: expected at most {most} bytes, found {found}");
        return Err(PortError::permanent(PORT, "too-large", words));
    }
    let tag = object.e_tag.unwrap_or_default();
    let bytes = object.body.collect().await;
    let bytes = bytes.map_err(|error| PortError::transient(PORT, error))?;
    Ok(Some((bytes.to_vec(), tag)))
}

fn is_missing(error: &SdkError<GetObjectError>) -> bool {
    error.as_service_error().is_some_and(GetObjectError::is_no_such_key)
}
