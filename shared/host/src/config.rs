//! The environment, read once: what a program needs of it, in one struct.
//!
//! A program names the [`Variable`]s that it needs and gets them all, or one error that names
//! every variable that is absent or cannot be read, what was expected there, and an example.

mod env_file;
mod variable;

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::str::FromStr;

use mindmate_pipeline::daily::DEFAULT_SHARDS;

pub use self::env_file::{EnvFile, EnvFileError};
pub use self::variable::{Program, Variable};

/// What is logged unless somebody says otherwise.
const DEFAULT_LOG: &str = "info";

/// Minutes after its `asOf` at which a run is overdue, unless somebody says otherwise: at 06:30.
const DEFAULT_OVERDUE_MINUTES: u16 = 30;

/// Where the pseudonyms' key lies in the bucket unless somebody says otherwise.
const DEFAULT_PSEUDONYM_KEY: &str = "config/pseudonym.key";

/// How many calls a second Comprehend gets of one process unless somebody says otherwise. The
/// account's quota is for all processes together.
const DEFAULT_COMPREHEND_RATE: NonZeroU16 = NonZeroU16::new(8).unwrap();

/// What Lambda sets for every function.
#[cfg(feature = "lambda")]
const OF_LAMBDA: [&str; 4] = [
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_RUNTIME_API",
];

/// The environment of a program.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    /// Which logs go to standard error.
    pub log: String,
    /// How many shards a new run has.
    pub shards: u16,
    /// How many minutes after its `asOf` a run that is not complete is overdue.
    pub overdue_minutes: u16,
    /// The name of the Lambda function that this is; empty elsewhere.
    pub function: String,
    /// The object in the bucket that holds the pseudonyms' key.
    pub pseudonym_key: String,
    /// The model that drafts messages for those who consent to it; without one all messages are
    /// reviewed templates.
    pub message_model: Option<String>,
    /// Whether the stack has a state machine of trainings, which starts where a new model is asked for.
    pub has_retraining: bool,
    /// Who analyses the sentiment of texts.
    pub sentiment_analyzer: SentimentAnalyzer,
    /// How many calls a second Comprehend gets of this process.
    pub comprehend_rate: NonZeroU16,
    values: BTreeMap<Variable, String>,
}

/// Who analyses the sentiment of texts on AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentimentAnalyzer {
    /// Comprehend, and the local analyser where it cannot.
    Comprehend,
    /// The local analyser alone: no text leaves the process.
    Local,
}

impl FromStr for SentimentAnalyzer {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "comprehend" => Ok(Self::Comprehend),
            "local" => Ok(Self::Local),
            _ => Err(()),
        }
    }
}

/// Everything that is wrong with an environment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment is not complete:{}", lines(.problems))]
pub struct ConfigError {
    problems: Vec<Problem>,
}

/// What is wrong with one variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("{variable} is not set: expected {}, for example {}", .variable.meaning(), .variable.example())]
    Absent { variable: Variable },
    #[error(
        "{variable} cannot be read: expected {}, for example {}; found {found:?}",
        .variable.meaning(),
        .variable.example()
    )]
    Unreadable { variable: Variable, found: String },
    #[error(
        "{variable} was not asked for by this program: a fault of ours, add it to what the program needs"
    )]
    NotAskedFor { variable: Variable },
    #[cfg(feature = "lambda")]
    #[error(
        "{name} is not set: expected Lambda to set it, for this program is a Lambda function; on a machine of your own run `mindmate`"
    )]
    OutsideLambda { name: &'static str },
}

fn lines(problems: &[Problem]) -> String {
    let mut lines = String::new();
    for problem in problems {
        lines += &format!("\n  {problem}");
    }
    lines
}

impl Config {
    /// Reads this process's environment.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn of_process(needed: &[Variable]) -> Result<Self, ConfigError> {
        Self::read(of_process, needed)
    }

    /// Reads this process's environment, and a file for what is not set there.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn of_process_or(file: &EnvFile, needed: &[Variable]) -> Result<Self, ConfigError> {
        let set = |name: &str| of_process(name).filter(|value| !value.trim().is_empty());
        Self::read(|name| set(name).or_else(|| file.get(name).map(str::to_owned)), needed)
    }

    /// Reads any environment: `get` gives a variable's value by its name. An empty value is an
    /// absent one, as `CloudFormation` leaves it.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(
        get: impl Fn(&str) -> Option<String>,
        needed: &[Variable],
    ) -> Result<Self, ConfigError> {
        let get = |variable: Variable| {
            let value = get(&variable.name())?;
            let value = value.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let mut problems = Vec::new();
        let mut values = BTreeMap::new();
        for &variable in needed {
            match get(variable) {
                None => problems.push(Problem::Absent { variable }),
                Some(found) if !variable.takes(&found) => {
                    problems.push(Problem::Unreadable { variable, found: shown(&found) });
                }
                Some(value) => {
                    values.insert(variable, value);
                }
            }
        }
        let settings = Settings::read(get, &mut problems);
        if !problems.is_empty() {
            return Err(ConfigError { problems });
        }
        let or = |variable, default: &str| get(variable).unwrap_or_else(|| default.to_owned());
        let log = or(Variable::Log, DEFAULT_LOG);
        let pseudonym_key = or(Variable::PseudonymKey, DEFAULT_PSEUDONYM_KEY);
        let function = or(Variable::FunctionName, "");
        let Settings { shards, overdue_minutes, sentiment_analyzer, comprehend_rate } = settings;
        let message_model = get(Variable::MessageModel);
        let has_retraining = get(Variable::RetrainingMachine).is_some();
        Ok(Self {
            log,
            shards: shards.get(),
            overdue_minutes: overdue_minutes.get(),
            function,
            pseudonym_key,
            message_model,
            has_retraining,
            sentiment_analyzer,
            comprehend_rate,
            values,
        })
    }

    /// Makes sure that this process was started by Lambda.
    ///
    /// # Errors
    /// What Lambda would have set.
    #[cfg(feature = "lambda")]
    pub(crate) fn in_lambda() -> Result<(), ConfigError> {
        let absent = OF_LAMBDA.into_iter().filter(|name| of_process(name).is_none());
        let problems: Vec<_> = absent.map(|name| Problem::OutsideLambda { name }).collect();
        if problems.is_empty() { Ok(()) } else { Err(ConfigError { problems }) }
    }

    /// The value of a variable that the program needs.
    ///
    /// # Errors
    /// A variable that was not among those needed.
    pub fn value(&self, variable: Variable) -> Result<&str, ConfigError> {
        let value = self.values.get(&variable).map(String::as_str);
        value.ok_or_else(|| ConfigError { problems: vec![Problem::NotAskedFor { variable }] })
    }

    /// The value of a variable, where the program asked for it.
    #[cfg(feature = "aws")]
    pub(crate) fn asked(&self, variable: Variable) -> Option<&str> {
        self.values.get(&variable).map(String::as_str)
    }

    /// The variables that were read.
    pub fn variables(&self) -> impl Iterator<Item = Variable> {
        self.values.keys().copied()
    }
}

impl std::fmt::Debug for Config {
    /// Names only: an account's number stands in most values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables().map(Variable::name)).finish()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn of_process(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// What has a default, and must be readable where it is set.
struct Settings {
    shards: NonZeroU16,
    overdue_minutes: NonZeroU16,
    sentiment_analyzer: SentimentAnalyzer,
    comprehend_rate: NonZeroU16,
}

impl Settings {
    fn read(get: impl Fn(Variable) -> Option<String>, problems: &mut Vec<Problem>) -> Self {
        let or_one = |number| NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN);
        let (shards, overdue) = (or_one(DEFAULT_SHARDS), or_one(DEFAULT_OVERDUE_MINUTES));
        let analyzer = SentimentAnalyzer::Comprehend;
        Self {
            shards: setting(Variable::Shards, &get, shards, problems),
            overdue_minutes: setting(Variable::OverdueMinutes, &get, overdue, problems),
            sentiment_analyzer: setting(Variable::SentimentAnalyzer, &get, analyzer, problems),
            comprehend_rate: setting(
                Variable::ComprehendRate,
                &get,
                DEFAULT_COMPREHEND_RATE,
                problems,
            ),
        }
    }
}

fn setting<T: FromStr>(
    variable: Variable,
    get: impl Fn(Variable) -> Option<String>,
    default: T,
    problems: &mut Vec<Problem>,
) -> T {
    let Some(found) = get(variable) else { return default };
    found.parse().unwrap_or_else(|_| {
        problems.push(Problem::Unreadable { variable, found: shown(&found) });
        default
    })
}

/// What was found, cut short: a whole policy may have been pasted there.
fn shown(found: &str) -> String {
    found.chars().take(80).collect()
}

#[cfg(test)]
mod tests;
