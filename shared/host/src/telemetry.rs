//! Logs: to standard error, without a user's text, name or raw id.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error(
        "expected a log filter such as `info` or `mindmate_pipeline=debug`, found {found:?}: {source}"
    )]
    Filter {
        /// What was given.
        found: String,
        /// Why.
        #[source]
        source: ParseError,
    },
}

/// Sends logs that pass the filter to standard error, as JSON lines if asked, and panics too: with
/// their place, without their message, which may quote a user's text.
///
/// # Errors
/// A filter that cannot be read.
pub fn init(filter: &str, json: bool) -> Result<(), TelemetryError> {
    let parsed = EnvFilter::try_new(filter)
        .map_err(|source| TelemetryError::Filter { found: filter.to_owned(), source })?;
    let logs = tracing_subscriber::fmt().with_env_filter(parsed).with_writer(std::io::stderr);
    let installed = if json { logs.json().try_init() } else { logs.compact().try_init() };
    if let Err(error) = installed {
        tracing::debug!(%error, "logs were set up before");
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
    Ok(())
}
