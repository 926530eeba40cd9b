//! In-memory fakes of every port, correct under the conformance suites.
//!
//! Nothing here is durable and nothing here is fast; what counts is that a stage which passes over
//! these fakes has met redelivery, stale receipts, moved guards and pages that were there already.

mod app;
mod ledger;
mod people;
mod queue;
mod stream;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use mindmate_contracts::app_table::{self, Item};
use mindmate_contracts::{QueueName, StreamName};
use mindmate_domain::app::AppItem;
use mindmate_domain::audit::AuditEvent;
use mindmate_domain::intervention::{Guard, StoredReview};
use mindmate_domain::UserId;
use mindmate_pipeline::Clock;
use tokio::sync::Notify;
