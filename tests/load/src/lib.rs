//! `mindmate-load`: load on the pipeline by an open loop, every latency from the scheduled instant,
//! and at the end the check that nobody was lost.
//!
//! | module | what it is for |
//! | --- | --- |
//! | [`scenario`] | what load a file describes, and why one is refused |
//! | [`schedule`] | when each request comes, laid down beforehand from a seed |
//! | [`target`] | the pipeline in this process, or a deployed stack |
//! | [`drive`] | sends, listens, looks, and waits for the end |
//! | [`bare`] | what the parts cost without the pipeline around them |
//! | [`book`] | what was sent and what came of it, by position |
//! | [`result`], [`text`], [`page`], [`compare`] | what it came to, for programs and people |

pub mod bare;
pub mod book;
mod check;
mod command;
pub mod compare;
pub mod drive;
pub mod page;
mod plan;
pub mod process;
pub mod result;
pub mod scenario;
pub mod schedule;
pub mod target;
pub mod text;

pub use crate::command::main;
