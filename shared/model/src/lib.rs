//! Risk models: the port that scoring asks, the documented rules, and the trained model behind it.
//!
//! A model is given the features of one user at one instant and says how likely a crisis in the
//! coming week is, what each feature added to that, and how much of the evidence that it looks
//! for was there. Where there is none it says so instead of scoring, and the caller takes the next
//! rung of the ladder: model, rules, last known level, unknown. Unknown is never minimal.
//!
//! | module | what is there |
//! | --- | --- |
//! | [`port`] | what every model answers to |
//! | [`rules`] | scores by the documented rules of `data/rules-1.toml`. Their weights were set by judgement and prove nothing clinical |
//! | [`artefact`] | a trained model as it is kept: one file, checked, with its version |
//! | [`tree`] | a decision tree as flat arrays, checked |
//! | [`ensemble`] | a trained model ready to score: margins, calibrated log-odds, what each input adds |
//! | [`baseline`] | how features were distributed in training, and how far they have moved |
//! | [`words`] | factors in plain words, whichever model found them |
//! | [`odds`] | between log-odds and probabilities |

pub mod artefact;
pub mod baseline;
pub mod ensemble;
mod evidence;
pub mod odds;
pub mod port;
pub mod rules;
pub mod tree;
pub mod words;

pub use artefact::{Artefact, ArtefactError, Contents, Member, OperatingPoint, Platt, TrainedOn};
pub use ensemble::{Ensemble, Explained, Margins};
pub use port::{ModelError, RiskModel, Scored};
pub use rules::{RuleScorer, RulesError};
pub use tree::{Branch, Child, Leaf, Split, Tree, TreeError};
pub use words::{Words, WordsError};
