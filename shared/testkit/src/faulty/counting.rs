//! How often each fault was met.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::lock;

/// Counts by the names of fault and port.
#[derive(Default)]
pub(super) struct Counts(Mutex<BTreeMap<(&'static str, &'static str), u64>>);

impl Counts {
    pub(super) fn add(&self, fault: &'static str, port: &'static str) {
        *lock(&self.0).entry((fault, port)).or_default() += 1;
    }

    pub(super) fn all(&self) -> BTreeMap<(&'static str, &'static str), u64> {
        lock(&self.0).clone()
    }
}
