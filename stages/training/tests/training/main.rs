//! The training with the real LightGBM: what it grows, and the program `train` from outside.

mod agreement;
mod bad_input;
mod invented;
mod program;
