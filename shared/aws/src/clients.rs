//! The connection to AWS, made once a process.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};

/// A connection is there in this time, or not at all.
const CONNECT: Duration = Duration::from_secs(2);

/// One try of a call.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(5);

/// A call with all its tries.
const OPERATION: Duration = Duration::from_secs(12);

/// Tries of a call, the first included; the pipeline tries a whole message again after that.
const ATTEMPTS: u32 = 3;

/// Region, credentials and endpoint of the environment, and [`calls`].
pub async fn connect() -> SdkConfig {
    calls(aws_config::defaults(BehaviorVersion::latest())).load().await
}

/// A time-out on every call, and how one is tried again: at growing waits drawn by chance, and no longer where most calls fail.
/// A throttle holds up no other call; in the adaptive mode it would (`docs/adr/0023-who-waits-for-a-throttle.md`).
pub fn calls(config: ConfigLoader) -> ConfigLoader {
    config
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts(ATTEMPT, OPERATION))
}

/// Time-outs with these limits.
pub(crate) fn timeouts(attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}
