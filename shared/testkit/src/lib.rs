//! What tests stand on: a clock that is moved by hand, in-memory fakes of every port, adapters
//! with seeded faults, and the conformance suites that every backend passes, the fakes included:
//! a fake that never redelivers would let a stage pass that loses messages. And for what runs as
//! real processes a small Lambda and a whole AWS on this machine.
//!
//! Only ever a dev-dependency.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a suite fails by panicking"
)]
#![expect(clippy::missing_panics_doc, reason = "every behaviour panics where a backend lacks it")]

pub mod clock;
pub mod conformance;
pub mod faulty;
pub mod local_aws;
pub mod memory;
pub mod net;
pub mod runtime_api;
pub mod sentiment;
pub mod training_set;

pub use clock::ManualClock;
pub use faulty::{Fault, FaultRates, Faults, Faulty};
pub use local_aws::LocalAws;
pub use memory::{Aside, MemoryBackend};
pub use runtime_api::RuntimeApi;
