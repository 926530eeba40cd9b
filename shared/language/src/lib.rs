//! What the pipeline reads in a text, and what it writes back.
//!
//! Reading comes in three steps. [`normalise`] makes the many ways to write the same thing one. A
//! single pass of one Aho–Corasick automaton over all lexicons of all languages finds whole words
//! and phrases, also phrases in pieces that have other words between them. Rules of context
//! (negation, idiom, third person, song talk, retraction) then look at the crisis language that was
//! found, and withdraw only what is clearly none: a false alarm is acceptable, a miss is not. A text
//! with slips of the pen or in disguise is read once more, mended. `docs/CRISIS_BENCHMARK.md` says
//! how much of labelled texts is found.
//!
//! Writing is by templates that people can review, in `data/templates`, with helplines and coping
//! activities filled in as data. Where a user consents to it, a language model may draft instead:
//! [`Drafts`] says what it is told and what of its words may be sent.
//!
//! Lexicons, templates and activities are data files with a version, a language and a line on
//! where they come from. None of our own lists has been reviewed by a clinician: each says so.

mod activities;
mod context;
mod disguise;
mod drafts;
mod form;
mod lexicon_file;
mod lexicons;
mod matcher;
mod misspelt;
mod normalise;
mod phrase;
mod script;
mod templates;
mod vader;
mod words;

pub use activities::{Activities, Activity, ActivityError};
pub use drafts::{Brief, Drafts, MESSAGE_CHARS, Refusal, Rule, Theme};
pub use lexicon_file::LexiconError;
pub use lexicons::{Language, Lexicons, Mark, TextFacts};
pub use normalise::normalise;
pub use phrase::PhraseError;
pub use script::script_fits;
pub use templates::{Fill, NAME_CHARS, TemplateError, Templates};
pub use vader::{NoScore, Polarity, Vader, VaderError};

/// The change between the mean moods of adjacent days that counts as acute, in points of mood: the
/// *c* of the feature `mood_acute_change`. It is to be the 90th percentile of such changes over
/// the training users, and is 2.0 until that is measured. It belongs to the feature version and
/// is kept with the lexicons, since both are constants that a model is trained against.
pub const ACUTE_CHANGE: f64 = 2.0;
