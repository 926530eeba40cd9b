//! The runner over the fakes: what becomes of a delivery, and that nothing is lost on the way.
//!
//! These tests stand here and not beside the runner, since `testkit` imports `pipeline`.

mod deliveries;
mod publishing;
mod storm;
mod streams;
mod support;
