//! The frame that every stage stands in: what a [`Stage`] is, the [`ports`] that it speaks to, and
//! the [`Runner`] that carries a delivery through it.
//!
//! A stage is a consumer of one queue or stream. It knows its input, its ports and what it sends
//! on; it knows no SQS, no Lambda, no SQL. Whatever hosts it calls only [`Runner::process`] and
//! does what the [`Disposition`] says.

pub mod chance;
pub mod changes;
pub mod clock;
pub mod crash;
pub mod daily;
mod deadline;
mod everybody;
pub mod letters;
mod look;
pub mod metrics;
mod outgoing;
pub mod ports;
mod publishing;
pub mod replay;
mod retry;
mod runner;
mod scheduled;
mod stage;
mod stream_runner;

pub use chance::{Chance, SeededChance};
pub use clock::{Clock, OffsetClock, SystemClock};
pub use deadline::{Cut, within};
pub use everybody::Everybody;
pub use look::ask_for_a_look;
pub use outgoing::{LONGEST_DELAY, Outbox, Outgoing};
pub use ports::{PortError, PortResult};
pub use publishing::publish_all;
pub use retry::RetryPolicy;
pub use runner::{Disposition, RawDelivery, Runner, RunnerPorts};
pub use scheduled::{Firing, ScheduledTask};
pub use stage::{BoxError, Delivery, Failure, Stage, StageError};
pub use stream_runner::{BatchResult, StreamRunner};
