//! A history in, a vector of 70 features out.
//!
//! Two steps, apart on purpose:
//!
//! 1. [`read_texts`] reads each text once. What it finds of crisis language
//!    ([`TextReadings::crisis_check`]) travels beside the features, so that it still stands where
//!    a feature fails.
//! 2. [`extract`] makes the features, each family by itself: one that fails leaves its features
//!    `Unavailable` and is named in [`Extraction::missing_parts`]; the others go on (R1.7).
//!
//! Definitions, needs and sources are in `docs/FEATURES.md`. Three rules hold everywhere:
//!
//! - Nothing after `asOf` is read. "N days" is the half-open interval (asOf − N · 24 h, asOf].
//! - A missing feature has a reason and is never 0 (R1.6): `NoData` where the source has nothing
//!   in the window, `TooFew` where it has less than the feature needs, `Undefined` where the
//!   formula has no value, `Unavailable` where the source could not be read.
//! - *Local* means the profile's time zone. A count by day looks at complete local dates only.
//!
//! Where a family panics the process's panic hook is still called, with the panic's message;
//! hosts install one that writes no message, since a message may quote a text.

mod behaviour;
mod calendar;
mod context;
mod dynamics;
mod families;
mod label;
mod mood;
mod outcome;
mod sentiment;
mod stats;
mod texts;
mod trend;

pub use families::{Extraction, extract};
pub use label::{LABEL_DAYS, LABEL_VERSION, Label, NoLabel, label_of_week};
pub use texts::{TextReading, TextReadings, left_out_crisis, read_texts};
