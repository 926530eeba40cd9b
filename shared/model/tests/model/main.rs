//! Trained models from outside: files, margins, contributions, and what scoring is told.

mod files;
mod lightgbm;
mod margins;
mod reference;
mod scoring;
mod shapley;
mod support;
