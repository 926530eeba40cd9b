//! Metrics as lines of the log, in `CloudWatch`'s embedded metric format: no call, no permission
//! and no waiting; `CloudWatch` makes metrics of the lines.

use std::io::{Stdout, Write, stdout};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use mindmate_pipeline::metrics::{Metric, Metrics, Quantity};
use mindmate_pipeline::{PortError, PortResult};
use serde_json::{Map, Value, json};

use crate::config::Config;

/// Where the metrics stand in `CloudWatch`.
pub const NAMESPACE: &str = "MindMate";

/// What tells the functions of two stacks apart.
const DIMENSION: &str = "FunctionName";

/// Writes metrics as lines.
pub struct Emf<W> {
    function: String,
    lines: Mutex<W>,
}

impl Emf<Stdout> {
    /// The metrics of this function: lines on standard output, beside the logs on standard error.
    pub fn of_function(config: &Config) -> Self {
        Self::new(config.function.clone(), stdout())
    }
}

impl<W: Write + Send> Emf<W> {
    /// Metrics of a function, into these lines.
    pub fn new(function: String, lines: W) -> Self {
        Self { function, lines: Mutex::new(lines) }
    }
}

impl<W: Write + Send> Metrics for Emf<W> {
    fn put(&self, at: Timestamp, metrics: &[Metric]) -> PortResult<()> {
        if metrics.is_empty() {
            return Ok(());
        }
        let line = line(&self.function, at, metrics);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let written = writeln!(lines, "{line}").and_then(|()| lines.flush());
        written.map_err(|error| PortError::transient("metrics", error))
    }
}

/// All numbers of one instant in one line. The format takes a hundred metrics a line.
fn line(function: &str, at: Timestamp, metrics: &[Metric]) -> Value {
    let mut line = Map::new();
    let mut told = Vec::with_capacity(metrics.len());
    for metric in metrics {
        let (unit, value) = match metric.value {
            Quantity::Count(count) => ("Count", json!(count)),
            Quantity::Seconds(seconds) => ("Seconds", json!(seconds)),
        };
        told.push(json!({"Name": metric.name, "Unit": unit}));
        line.insert(metric.name.to_owned(), value);
    }
    line.insert(DIMENSION.to_owned(), json!(function));
    let metrics = json!([{"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": told}]);
    let about = json!({"Timestamp": at.as_millisecond(), "CloudWatchMetrics": metrics});
    line.insert("_aws".to_owned(), about);
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `CloudWatch` asks of a line: its metrics are named there and have their values beside.
    #[test]
    fn a_line_is_what_cloudwatch_reads() {
        let emf = Emf::new("mindmate-runClosing".to_owned(), Vec::new());
        let at = "2026-11-22T06:20:00.125Z".parse().unwrap();
        emf.put(at, &[Metric::count("RunAssessed", 7), Metric::seconds("RunSeconds", 0.5)])
            .unwrap();
        emf.put(at, &[]).unwrap();
        let lines = String::from_utf8(emf.lines.into_inner().unwrap()).unwrap();
        assert_eq!(lines.lines().count(), 1, "{lines}");
        let found: Value = serde_json::from_str(&lines).unwrap();
        let expected = json!({
            "_aws": {"Timestamp": 1_795_328_400_125_i64, "CloudWatchMetrics": [{
                "Namespace": "MindMate", "Dimensions": [["FunctionName"]],
                "Metrics": [{"Name": "RunAssessed", "Unit": "Count"},
                    {"Name": "RunSeconds", "Unit": "Seconds"}],
            }]},
            "FunctionName": "mindmate-runClosing", "RunAssessed": 7, "RunSeconds": 0.5,
        });
        assert_eq!(found, expected);
    }

    /// A line that cannot be written is an error, and nobody takes it for written.
    #[test]
    fn what_cannot_be_written_is_an_error() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let emf = Emf::new("one".to_owned(), Closed);
        emf.put(Timestamp::UNIX_EPOCH, &[Metric::count("RunAssessed", 7)]).unwrap_err();
    }
}
