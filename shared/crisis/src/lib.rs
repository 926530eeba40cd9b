//! Crisis resources by country, the cool-down rule, and what a look for crisis language came to.
//!
//! No I/O, no async: what decides whom the pipeline reaches in a crisis, and with what, can be
//! read and tested without a queue or a table. Three parts, each answering to a rule of safety:
//!
//! - [`check`] gathers the crisis language that was found in a history into what travels beside
//!   the features. The floor that it sets is [`mindmate_domain::Policy::floor`].
//! - [`resources`] chooses the helplines of the profile's country, or the international ones.
//! - [`cooldown`] says whether a repeat of an intervention still waits.

pub mod check;
pub mod cooldown;
pub mod resources;

pub use check::gather;
pub use cooldown::{Verdict, guard, verdict};
pub use resources::{ResourceDirectory, ResourceError};
