//! Logs: to standard error, without a user's text, name or raw id.

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{ParseError, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt, registry};

/// How the targets of our own crates begin.
const OURS: &str = "mindmate";

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
/// Below `info` only our own crates log, whatever the filter asks for: the SDK and Lambda's runtime
/// log requests and answers whole there, diaries and credentials in them (safety 17).
///
/// # Errors
/// A filter that cannot be read.
pub fn init(filter: &str, json: bool) -> Result<(), TelemetryError> {
    if let Err(error) = subscriber(filter, json, std::io::stderr)?.try_init() {
        tracing::debug!(%error, "logs were set up before");
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
    Ok(())
}

fn subscriber<W>(
    filter: &str,
    json: bool,
    writer: W,
) -> Result<impl Subscriber + Send + Sync, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let parsed = EnvFilter::try_new(filter)
        .map_err(|source| TelemetryError::Filter { found: filter.to_owned(), source })?;
    let logs = fmt::layer().with_writer(writer);
    let logs = if json { logs.json().boxed() } else { logs.compact().boxed() };
    Ok(registry().with(parsed).with(logs.with_filter(filter_fn(is_discreet))))
}

fn is_discreet(log: &Metadata<'_>) -> bool {
    *log.level() <= Level::INFO || log.target().starts_with(OURS)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, json: bool) -> String {
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber = subscriber(filter, json, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!(target: "aws_smithy_runtime::client", "a whole diary");
            tracing::debug!(target: "lambda_runtime", "a whole event");
            tracing::warn!(target: "aws_config", "no region");
            tracing::trace!(target: "mindmate_pipeline", "our own");
        });
        let bytes = sink.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    /// Safety 17
    #[test]
    fn no_library_logs_what_it_carries_whatever_is_asked_for() {
        for asked in ["trace", "aws_smithy_runtime::client=trace,lambda_runtime=debug,trace"] {
            for json in [true, false] {
                let logged = logged(asked, json);
                assert!(!logged.contains("a whole"), "{asked}: {logged}");
                assert!(logged.contains("no region") && logged.contains("our own"), "{logged}");
            }
        }
        assert_eq!(logged("error", false), "");
    }
}
