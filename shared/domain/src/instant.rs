//! Instants, the one form in which they are written, and the windows that look back from them.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Days that a history reaches back from its `asOf`: the longest look-back of any feature.
pub const HISTORY_DAYS: i64 = 35;

/// Days without an active interaction after which the daily run leaves a user out (R5.1).
pub const ACTIVE_DAYS: i64 = 7;

/// UTC hour at which the daily run is due (R5.1).
pub const DAILY_HOUR: i64 = 6;

/// Why a text is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstantError {
    /// The text is not RFC 3339 with an offset.
    #[error("expected an RFC 3339 instant such as 2025-04-20T06:00:00Z, found {found:?}")]
    Unreadable {
        /// What stood there, cut to 40 characters.
        found: String,
    },
    /// An `asOf` is finer than the milliseconds that keys are written in.
    #[error("an asOf has whole milliseconds, found {found}")]
    TooFine {
        /// The instant that was given.
        found: Timestamp,
    },
}

/// Reads an RFC 3339 instant with any offset and gives it in UTC.
///
/// # Errors
/// [`InstantError::Unreadable`] for anything else, a date without a time or an offset included.
pub fn parse(text: &str) -> Result<Timestamp, InstantError> {
    text.parse::<Timestamp>()
        .map_err(|_| InstantError::Unreadable { found: text.chars().take(40).collect() })
}

/// The one form that instants have in keys: milliseconds and `Z`, so that keys sort by time.
///
/// Finer parts are cut off, never rounded up: a key never lies after its instant.
pub fn key_form(at: Timestamp) -> String {
    let millis = at.as_nanosecond().div_euclid(1_000_000);
    let cut = i64::try_from(millis).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    format!("{:.3}", cut.unwrap_or(at))
}

/// The instant that an assessment looks back from. Nothing after it is ever read.
///
/// Whole milliseconds; written in [`key_form`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AsOf(Timestamp);

impl AsOf {
    /// Takes an instant of whole milliseconds.
    ///
    /// # Errors
    /// [`InstantError::TooFine`] where it has finer parts.
    pub fn new(at: Timestamp) -> Result<Self, InstantError> {
        if at.as_nanosecond().rem_euclid(1_000_000) == 0 {
            Ok(Self(at))
        } else {
            Err(InstantError::TooFine { found: at })
        }
    }

    /// The first whole millisecond that is not before `at`: an assessment that looks back from there
    /// sees what was written at `at`.
    pub fn just_after(at: Timestamp) -> Self {
        const MILLISECOND: i128 = 1_000_000;
        let up = (at.as_nanosecond() + MILLISECOND - 1).div_euclid(MILLISECOND) * MILLISECOND;
        Self(Timestamp::from_nanosecond(up).unwrap_or(at))
    }

    /// The latest 06:00 UTC that is not after `now`: the `asOf` of a daily run that names none.
    pub fn latest_daily(now: Timestamp) -> Self {
        const DAY: i64 = 86_400;
        let due = DAILY_HOUR * 3_600;
        let seconds = now.as_second() - i64::from(now.subsec_nanosecond() < 0);
        let latest = (seconds - due).div_euclid(DAY) * DAY + due;
        Self(Timestamp::from_second(latest).unwrap_or(now))
    }

    /// The instant itself.
    pub fn instant(self) -> Timestamp {
        self.0
    }

    /// The half-open window of `days` × 24 h that ends here.
    pub fn window(self, days: i64) -> Window {
        let after = self.0.saturating_sub(SignedDuration::from_hours(days * 24));
        Window { after: after.unwrap_or(Timestamp::MIN), until: self.0 }
    }

    /// The date in UTC, as in the id of a daily run.
    pub fn utc_date(self) -> jiff::civil::Date {
        self.0.to_zoned(TimeZone::UTC).date()
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&key_form(self.0))
    }
}

impl FromStr for AsOf {
    type Err = InstantError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(parse(text)?)
    }
}

impl Serialize for AsOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AsOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for AsOf {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AsOf".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
            "description": "The instant that the assessment looks back from: UTC, milliseconds and Z."
        })
    }
}

/// The half-open interval `(after, until]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The excluded start.
    pub after: Timestamp,
    /// The included end.
    pub until: Timestamp,
}

impl Window {
    /// Whether `at` lies inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.after < at && at <= self.until
    }
}

/// Serde form of an instant that stands in a message or a key: see [`key_form`].
pub mod serde_key_form {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de};

    /// Writes the instant in key form.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::key_form(*at))
    }

    /// Reads any RFC 3339 instant.
    ///
    /// # Errors
    /// What is not one.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        super::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_milliseconds_and_z() {
        let at = parse("2025-04-20T08:00:00.1239+02:00").unwrap();
        assert_eq!(key_form(at), "2025-04-20T06:00:00.123Z");
    }

    #[test]
    fn the_daily_as_of_is_the_latest_six_oclock() {
        for (now, due) in [
            ("2026-11-22T06:00:00Z", "2026-11-22T06:00:00.000Z"),
            ("2026-11-22T05:59:59.999Z", "2026-11-21T06:00:00.000Z"),
            ("2026-11-22T22:43:00Z", "2026-11-22T06:00:00.000Z"),
        ] {
            assert_eq!(AsOf::latest_daily(parse(now).unwrap()).to_string(), due);
        }
    }

    #[test]
    fn just_after_an_instant_is_never_before_it() {
        for (at, expected) in [
            ("2026-11-22T06:00:00Z", "2026-11-22T06:00:00.000Z"),
            ("2026-11-22T06:00:00.000000001Z", "2026-11-22T06:00:00.001Z"),
            ("1969-12-31T23:59:59.9995Z", "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(AsOf::just_after(parse(at).unwrap()).to_string(), expected);
        }
    }

    #[test]
    fn a_window_excludes_its_start_and_includes_its_end() {
        let as_of: AsOf = "2025-04-20T06:00:00Z".parse().unwrap();
        let week = as_of.window(7);
        assert!(!week.contains(parse("2025-04-13T06:00:00Z").unwrap()));
        assert!(week.contains(parse("2025-04-13T06:00:00.000001Z").unwrap()));
        assert!(week.contains(as_of.instant()));
    }

    #[test]
    fn an_instant_without_an_offset_is_refused() {
        assert!(parse("2025-04-20T06:00:00").is_err());
        assert!(parse("yesterday").unwrap_err().to_string().contains("yesterday"));
    }
}
