//! The synthetic cohort: users whose diaries behave like people's.
//!
//! Demos, tests, training runs and load tests need diaries, and nobody's real diary may be used for
//! them. This crate makes them up: a [`CohortSpec`] names how many users, how many days, which seed
//! and the instant that it all ends at, and each [`SyntheticUser`] comes with the items of the
//! app's table and, kept apart from them, the [`LatentTruth`] that they were drawn from.
//!
//! # What it is not
//! Every number behind it is **invented**. The process was shaped so that the pipeline meets what
//! diaries hold (gaps, slow declines, sudden falls, bad weeks that come to nothing, chronically low
//! but safe people), and a model that does well on it has shown that the machinery works. It proves
//! nothing clinical: no figure from this cohort says how the pipeline would do with people.
//!
//! # The process
//! 1. *Person*: place and language, profile and consents, a personal baseline, how fast mood returns
//!    to it and how noisy the days are.
//! 2. *Latent*: a mood a local date. A discrete Ornstein–Uhlenbeck process around the baseline, with
//!    a weekend lift; crises (a slow decline or a sudden fall to a nadir of at most 2, then a
//!    recovery) and harmless low spells are blended over it. Low days make people stay away.
//! 3. *Diary*: entries, chats, selfies, sessions and activities at local hours that people keep.
//! 4. *Words*: notes and messages from phrase banks by mood band, in English or Spanish, and the
//!    stored sentiment of most of them.
//!
//! Each of the four draws from its own `ChaCha8` stream of (seed, index, aspect): a user is the same
//! whichever others are made, and a new phrase changes nobody's moods.
//!
//! ```
//! use mindmate_cohort::CohortSpec;
//!
//! let end = "2026-11-22T06:00:00Z".parse()?;
//! let spec = CohortSpec::new(3, 60, 7, end)?;
//! let names: Vec<_> = spec.users().map(|made| made.user.as_str().to_owned()).collect();
//! assert_eq!(names, ["syn-0000000", "syn-0000001", "syn-0000002"]);
//! assert_eq!(spec.user(2), spec.users().nth(2).ok_or("three users")?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod diary;
mod draw;
mod items;
mod latent;
mod parameters;
mod person;
mod phrases;
mod places;
mod sentiment;
mod spec;
mod truth;
mod words;

pub use spec::{CohortError, CohortSpec, DAYS_MAX, SyntheticUser, USERS_MAX};
pub use truth::{
    CrisisEpisode, CrisisKind, HORIZON_DAYS, Language, LatentDay, LatentTruth, LowSpell,
};
