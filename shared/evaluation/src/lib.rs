//! Reads training sets and judges risk models on them.
//!
//! | module | what is there |
//! | --- | --- |
//! | [`set`] | the strict reader of a training set |

pub mod set;

pub use set::{Samples, SetError, TrainingSet};
