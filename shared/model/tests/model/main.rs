//! Trained models from outside: files, margins, contributions, confidence.

mod files;
mod margins;
mod reference;
mod shapley;
mod support;
