//! Scenarios: what load a file describes, and why a file is refused.
//!
//! Every key that a file may have is in [`Scenario`]; another one is refused, and so is a value out
//! of its range, with the file, the key and what was expected there.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

mod arrivals;
#[cfg(test)]
mod tests;

use self::arrivals::ArrivalKeys;

/// Most requests of one scenario: each has its own millisecond as its `asOf`, within a few hours.
const MOST_REQUESTS: f64 = 10_000_000.0;

/// What load there is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Names the results' files: letters, digits and `-`.
    pub name: String,
    /// One line for readers of the results.
    pub about: String,
    /// Who is assessed.
    pub cohort: Cohort,
    /// When requests come.
    pub arrivals: Arrivals,
    /// What of it is broken.
    #[serde(default)]
    pub poison: Poison,
    /// Somebody of whom many requests come.
    #[serde(default)]
    pub hot_user: HotUser,
    /// What the figures are held against.
    #[serde(default)]
    pub limits: Limits,
    /// Seconds without any news after which what has not come is taken to be lost.
    #[serde(default = "settle_seconds")]
    pub settle_seconds: f64,
}

/// Invented people with their histories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cohort {
    /// How many.
    pub users: u32,
    /// Days of history of each.
    pub days: u16,
    /// What chance starts from: the people's, and that of the arrivals.
    #[serde(default = "seed")]
    pub seed: u64,
}

/// When requests come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ArrivalKeys", into = "ArrivalKeys")]
pub enum Arrivals {
    /// The daily run of the whole cohort: everybody at once, by the fan-out.
    DailyWave {
        /// Shards that the users are dealt to.
        shards: u16,
    },
    /// As many a second from beginning to end.
    Steady {
        /// Requests a second.
        rate: f64,
        /// For how long.
        seconds: f64,
        /// How far apart they are.
        spacing: Spacing,
    },
    /// The same, with a peak in it.
    Spike {
        /// Requests a second before and after the peak.
        rate: f64,
        /// For how long, the peak included.
        seconds: f64,
        /// Requests a second in the peak.
        peak_rate: f64,
        /// When it begins, in seconds.
        peak_at: f64,
        /// How long it lasts.
        peak_seconds: f64,
        /// How far apart they are.
        spacing: Spacing,
    },
}

/// How far apart arrivals are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spacing {
    /// As strangers come: each gap is drawn from the exponential distribution.
    #[default]
    Poisson,
    /// All gaps alike.
    Even,
}

/// What of the load is broken.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Poison {
    /// The share of requests whose body no stage can read, 0 to 1. Of every other one not even its
    /// place in the run can be read.
    pub bodies: f64,
    /// The share of users with an item in the app's table that cannot be read, 0 to 1.
    pub items: f64,
}

/// Somebody of whom many requests come.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HotUser {
    /// The share of requests that are theirs, 0 to 1.
    pub share: f64,
}

/// What the figures are held against.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// At least so many users assessed a second.
    pub users_a_second: Option<f64>,
    /// At most so many milliseconds from the scheduled instant to the assessment, of 99 in 100.
    pub assessment_p99_ms: Option<f64>,
}

fn seed() -> u64 {
    1
}

fn settle_seconds() -> f64 {
    10.0
}

/// Why a scenario is refused.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// There is no such file, or it cannot be read.
    #[error("cannot read the scenario {}: {source}", .file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A key that nobody knows, one that is missing, or a value of another type. The cause shows
    /// the line.
    #[error("{} is no scenario: {source}", .file.display())]
    Toml {
        /// Which file.
        file: PathBuf,
        /// Where, and what was expected.
        source: Box<toml::de::Error>,
    },
    /// A value that makes no sense.
    #[error("{}: {key}: expected {expected}, found {found}", .file.display())]
    Value {
        /// Which file.
        file: PathBuf,
        /// Which key.
        key: &'static str,
        /// What it may be.
        expected: String,
        /// What it is.
        found: String,
    },
}

/// What of a scenario the command line says anew.
#[derive(Debug, Clone, Copy, Default)]
pub struct Changes {
    /// Users of the cohort.
    pub users: Option<u32>,
    /// Days of history.
    pub days: Option<u16>,
    /// Requests a second.
    pub rate: Option<f64>,
    /// How long.
    pub seconds: Option<f64>,
}

impl Scenario {
    /// Reads a file, with what the command line says anew.
    ///
    /// # Errors
    /// See [`ScenarioError`].
    pub fn read(file: &Path, changes: Changes) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| ScenarioError::File { file: file.to_owned(), source })?;
        Self::parse(file, &text, changes)
    }

    /// Reads a text; `file` is where it comes from, for the errors.
    ///
    /// # Errors
    /// See [`ScenarioError`].
    pub fn parse(file: &Path, text: &str, changes: Changes) -> Result<Self, ScenarioError> {
        let mut scenario: Self = toml::from_str(text).map_err(|error| ScenarioError::Toml {
            file: file.to_owned(),
            source: Box::new(error),
        })?;
        scenario.change(changes).and_then(|()| scenario.check()).map_err(
            |(key, expected, found)| ScenarioError::Value {
                file: file.to_owned(),
                key,
                expected,
                found,
            },
        )?;
        Ok(scenario)
    }

    /// How many seconds requests come for; none of a wave, which comes at once.
    pub fn seconds(&self) -> Option<f64> {
        match self.arrivals {
            Arrivals::DailyWave { .. } => None,
            Arrivals::Steady { seconds, .. } | Arrivals::Spike { seconds, .. } => Some(seconds),
        }
    }

    /// A key that the scenario has no use for is refused.
    fn change(&mut self, changes: Changes) -> Result<(), (&'static str, String, String)> {
        let Changes { users, days, rate: new_rate, seconds: new_seconds } = changes;
        self.cohort.users = users.unwrap_or(self.cohort.users);
        self.cohort.days = days.unwrap_or(self.cohort.days);
        match &mut self.arrivals {
            Arrivals::DailyWave { .. } => {
                let none = || "none for a daily wave, which comes at once".to_owned();
                for (key, found) in [("--rate", new_rate), ("--seconds", new_seconds)] {
                    found.map_or(Ok(()), |found| Err((key, none(), found.to_string())))?;
                }
            }
            Arrivals::Steady { rate, seconds, .. } | Arrivals::Spike { rate, seconds, .. } => {
                *rate = new_rate.unwrap_or(*rate);
                *seconds = new_seconds.unwrap_or(*seconds);
            }
        }
        Ok(())
    }

    /// The first key whose value makes no sense, what was expected, and what was found.
    fn check(&self) -> Result<(), (&'static str, String, String)> {
        let is_name = |char: char| char.is_ascii_alphanumeric() || char == '-';
        if self.name.is_empty() || !self.name.chars().all(is_name) {
            let expected = "letters, digits and -, for it names files".to_owned();
            return Err(("name", expected, format!("{:?}", self.name)));
        }
        whole("cohort.users", self.cohort.users.into(), mindmate_cohort::USERS_MAX.into())?;
        whole("cohort.days", self.cohort.days.into(), mindmate_cohort::DAYS_MAX.into())?;
        share("poison.bodies", self.poison.bodies)?;
        share("poison.items", self.poison.items)?;
        share("hot_user.share", self.hot_user.share)?;
        above_zero("settle_seconds", self.settle_seconds)?;
        for (key, limit) in [
            ("limits.users_a_second", self.limits.users_a_second),
            ("limits.assessment_p99_ms", self.limits.assessment_p99_ms),
        ] {
            limit.map_or(Ok(()), |limit| above_zero(key, limit))?;
        }
        self.check_arrivals()
    }

    fn check_arrivals(&self) -> Result<(), (&'static str, String, String)> {
        match self.arrivals {
            Arrivals::DailyWave { shards } => {
                whole("arrivals.shards", shards.into(), 1_000)?;
                let none = "0 in a daily wave, whose requests are the fan-out's".to_owned();
                if self.poison.bodies > 0.0 {
                    return Err(("poison.bodies", none, self.poison.bodies.to_string()));
                }
                if self.hot_user.share > 0.0 {
                    return Err(("hot_user.share", none, self.hot_user.share.to_string()));
                }
                Ok(())
            }
            Arrivals::Steady { rate, seconds, .. } => {
                above_zero("arrivals.rate", rate)?;
                above_zero("arrivals.seconds", seconds)?;
                not_too_many(rate * seconds)
            }
            Arrivals::Spike { rate, seconds, peak_rate, peak_at, peak_seconds, .. } => {
                above_zero("arrivals.rate", rate)?;
                above_zero("arrivals.seconds", seconds)?;
                above_zero("arrivals.peak_rate", peak_rate)?;
                above_zero("arrivals.peak_seconds", peak_seconds)?;
                if !(peak_at >= 0.0 && peak_at + peak_seconds <= seconds) {
                    let expected = format!("a peak within the {seconds} s of arrivals.seconds");
                    let found = format!("one from {peak_at} s on for {peak_seconds} s");
                    return Err(("arrivals.peak_at", expected, found));
                }
                not_too_many(rate * (seconds - peak_seconds) + peak_rate * peak_seconds)
            }
        }
    }
}

fn whole(key: &'static str, found: u64, most: u64) -> Result<(), (&'static str, String, String)> {
    if (1..=most).contains(&found) {
        return Ok(());
    }
    Err((key, format!("a whole number from 1 to {most}"), found.to_string()))
}

fn above_zero(key: &'static str, found: f64) -> Result<(), (&'static str, String, String)> {
    if found > 0.0 && found.is_finite() {
        return Ok(());
    }
    Err((key, "a number above 0".to_owned(), found.to_string()))
}

fn share(key: &'static str, found: f64) -> Result<(), (&'static str, String, String)> {
    if (0.0..=1.0).contains(&found) {
        return Ok(());
    }
    Err((key, "a share from 0 to 1".to_owned(), found.to_string()))
}

fn not_too_many(requests: f64) -> Result<(), (&'static str, String, String)> {
    if requests <= MOST_REQUESTS {
        return Ok(());
    }
    let expected = format!("a rate that makes at most {MOST_REQUESTS} requests in all");
    Err(("arrivals.rate", expected, format!("one that makes {requests:.0}")))
}
