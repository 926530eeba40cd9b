//! Whole days of the pipeline from a seed: the real stages and runners on the memory backend, under
//! a seeded scheduler, virtual time and faults. `docs/SIMULATION.md` says what is simulated, what
//! must hold, and how a seed is repeated.

#![expect(clippy::expect_used, reason = "a simulation that cannot be built is no simulation")]

mod broken;
mod clock;
mod draw;
mod executor;
mod handing_on;
mod invariants;
mod layers;
mod log;
mod machines;
mod parts;
mod people;
mod plan;
mod reached;
mod recorded;
mod replay;
mod report;
mod run;
mod script;
mod sick;
mod stages;
mod trace;
mod world;

pub use broken::{Broken, SEEDS_TO_CATCH};
pub use invariants::{Invariant, Violation};
pub use reached::REACHED;
pub use report::{Report, run_many};
pub use run::{Outcome, run};
