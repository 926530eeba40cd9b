//! From the SDK's errors to those of ports.
//!
//! | what comes | becomes |
//! | --- | --- |
//! | time-out, no connection, no readable answer | transient |
//! | 5xx | transient: the SDK has tried again by itself before |
//! | throttling | transient, to be tried again after a quarter of a minute |
//! | a request that the service will never take (too large, malformed) | permanent, `aws-refused` |
//! | no permission, an expired credential, a table, index or queue that is missing | transient, to be tried again after five minutes: an operator mends it, and the attempts are not used up within seconds |
//!
//! A service's words may quote a key, and a key holds a user's id. So only its code is kept, and its
//! words where they speak of permissions and resources alone.

use std::time::Duration;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use mindmate_pipeline::{PortError, PortResult};

/// Codes of requests that no later try makes right.
const REFUSED: [&str; 13] = [
    "ValidationException",
    "SerializationException",
    "ItemCollectionSizeLimitExceededException",
    "InvalidParameterValue",
    "InvalidMessageContents",
    "InvalidAttributeValue",
    "InvalidParameter",
    "InvalidArgumentException",
    "AWS.SimpleQueueService.BatchRequestTooLong",
    "InvalidRequestException",
    "TextSizeLimitExceededException",
    "BatchSizeLimitExceededException",
    "UnsupportedLanguageException",
];

/// What a thing is let alone for that somebody has to mend: four attempts last a quarter of an
/// hour.
const OUTAGE: Duration = Duration::from_mins(5);

/// What a service is let alone for that cannot keep up.
const THROTTLED: Duration = Duration::from_secs(15);

/// Codes of what an operator mends. Their words name resources and roles, never an item.
const OUTAGES: [&str; 11] = [
    "ResourceNotFoundException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "AccessDeniedException",
    "AccessDenied",
    "AuthorizationError",
    "ExpiredTokenException",
    "ExpiredToken",
    "UnrecognizedClientException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
];

/// Codes of a service that cannot keep up.
const THROTTLES: [&str; 8] = [
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "RequestThrottled",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "KMSThrottlingException",
];

/// What `DynamoDB` says beside `ValidationException` where an index is missing: no fault of the
/// request.
const NO_INDEX: &str = "specified index";

/// What a service said, without any word that may be a person's.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

/// The port's error for an SDK's.
pub(crate) fn port_error<E, R>(port: &'static str, error: SdkError<E, R>) -> PortError
where
    E: ProvideErrorMetadata,
{
    let words = match &error {
        SdkError::ServiceError(_) => return service_error(port, error.into_inner_metadata()),
        SdkError::TimeoutError(_) => "no answer in time",
        SdkError::DispatchFailure(_) => {
            "the request could not be sent: no connection, or no credentials"
        }
        SdkError::ResponseError(_) => "the answer could not be read",
        SdkError::ConstructionFailure(_) => {
            let words = Said("the request could not be built".to_owned());
            return PortError::permanent(port, "aws-refused", words);
        }
        _ => "an error of the SDK that we do not know",
    };
    PortError::transient(port, Said(words.to_owned()))
}

/// The metadata of a service's error, whatever the operation.
trait IntoMetadata {
    fn into_inner_metadata(self) -> (Option<String>, Option<String>);
}

impl<E: ProvideErrorMetadata, R> IntoMetadata for SdkError<E, R> {
    fn into_inner_metadata(self) -> (Option<String>, Option<String>) {
        let Self::ServiceError(context) = self else { return (None, None) };
        let error = context.into_err();
        (error.code().map(str::to_owned), error.message().map(str::to_owned))
    }
}

fn service_error(
    port: &'static str,
    (code, message): (Option<String>, Option<String>),
) -> PortError {
    let code = code.unwrap_or_else(|| "an error without a code".to_owned());
    let no_index = message.as_ref().is_some_and(|words| words.contains(NO_INDEX));
    if REFUSED.contains(&code.as_str()) && !no_index {
        return PortError::permanent(port, "aws-refused", Said(code));
    }
    let is_outage = no_index || OUTAGES.contains(&code.as_str());
    let retry_after = if is_outage {
        Some(OUTAGE)
    } else {
        THROTTLES.contains(&code.as_str()).then_some(THROTTLED)
    };
    let message = message.filter(|_| is_outage);
    let words = Said(message.map_or(code.clone(), |words| format!("{code}: {words}")));
    PortError::Transient { port, source: words.into(), retry_after }
}

/// A stored item that cannot be read, said without any of it.
#[cfg(feature = "dynamodb")]
pub(crate) fn unreadable(port: &'static str) -> impl Fn(serde_dynamo::Error) -> PortError {
    // The library's words may quote a value.
    move |_| PortError::permanent(port, "store-unreadable", Said("an item does not fit".to_owned()))
}

/// The same for what is not serialised by serde.
#[cfg(feature = "dynamodb")]
pub(crate) fn does_not_fit<T>(port: &'static str, what: &'static str) -> PortResult<T> {
    Err(PortError::permanent(port, "store-unreadable", Said(what.to_owned())))
}

/// What was left undone after so many tries, where a service does a batch in part.
pub(crate) fn left_undone(port: &'static str, left: usize) -> PortError {
    PortError::transient(
        port,
        Said(format!("{left} of a batch were not taken, and not at later tries")),
    )
}
