//! Exit codes that scripts can use.

use std::io;
use std::process::ExitCode;

use mindmate_embedded::DataDirError;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Success = 0,
    /// It could not be done; the message says why.
    Failure = 1,
    // 2 is clap's: the command line cannot be read.
    /// A run is complete, and some of its users were dead-lettered.
    DeadLettered = 3,
    /// A run's ledger is open: some of its users are missing.
    LedgerOpen = 4,
    /// Another run works on the data directory.
    Busy = 5,
    /// Some of the input was bad and was left out; the rest is done.
    BadInput = 6,
    /// Dead letters that were played back came back: the cause is not mended.
    CameBack = 7,
    /// There is too little data to learn from, and no training set.
    TooLittle = 8,
    /// A gate kept a model from serving.
    Refused = 9,
    /// The model that serves falls short, or people are no longer as those that it learned from.
    TrainingDue = 10,
}

impl Exit {
    /// Of two runs that one command saw to, how the command ends: people who are missing weigh
    /// more than people who were dead-lettered.
    pub(crate) fn worse(self, other: Self) -> Self {
        let weight = |exit| match exit {
            Self::Success => 0,
            Self::BadInput
            | Self::CameBack
            | Self::TooLittle
            | Self::Refused
            | Self::TrainingDue => 1,
            Self::DeadLettered => 2,
            Self::LedgerOpen => 3,
            Self::Busy => 4,
            Self::Failure => 5,
        };
        if weight(other) > weight(self) { other } else { self }
    }
}

/// What stands at the end of `--help`.
pub(crate) fn help() -> String {
    let aws = if cfg!(feature = "aws") { "speaks to AWS" } else { "was built without AWS" };
    format!("{CODES}\n\nThis program {aws}.")
}

const CODES: &str = "Exit codes:
  0  all is well
  1  it could not be done; the message says why
  2  the command line cannot be read
  3  the run is complete, and some users were dead-lettered
  4  the run's ledger is open: some users are missing
     (3 and 4 also where that holds of an earlier run that `daily` finished first)
  5  another run works on the data directory
  6  some of the input was bad and was left out; the rest is done
  7  dead letters that were played back came back: the cause is not mended, and the rest stays
  8  there is too little data to learn from: no training set, and training is left out
  9  a gate kept a model from serving: what served before still does
  10 the model that serves falls short, or its inputs have moved: a new one is asked for";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Whether the reader of our output went away.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json =
            cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        let csv = cause.downcast_ref::<csv::Error>().and_then(|error| match error.kind() {
            csv::ErrorKind::Io(error) => Some(error.kind()),
            _ => None,
        });
        io.or(json).or(csv) == Some(io::ErrorKind::BrokenPipe)
    })
}

/// An error with its causes. One that the error before it has told already is left out.
pub(crate) fn words(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if words.is_empty() {
            words = cause;
        } else if !words.ends_with(&cause) {
            words += &format!(": {cause}");
        }
    }
    words
}

/// The exit code of an error.
pub(crate) fn of_error(error: &anyhow::Error) -> Exit {
    match error.downcast_ref::<DataDirError>() {
        Some(DataDirError::Busy { .. }) => Exit::Busy,
        _ => Exit::Failure,
    }
}

#[cfg(test)]
mod tests {
    use mindmate_pipeline::PortError;

    use super::{Exit, words};

    #[test]
    fn the_worst_of_several_runs_counts() {
        let (fine, dead, open) = (Exit::Success, Exit::DeadLettered, Exit::LedgerOpen);
        assert_eq!(fine.worse(dead), dead);
        assert_eq!(open.worse(dead), open);
        assert_eq!(dead.worse(open).worse(fine), open);
    }

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow::Error::new(PortError::transient("dynamodb", "no answer in time"));
        assert_eq!(words(&error), "dynamodb: no answer in time");
        let error = error.context("the run was stopped");
        assert_eq!(words(&error), "the run was stopped: dynamodb: no answer in time");
    }
}
