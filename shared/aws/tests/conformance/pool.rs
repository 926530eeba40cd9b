//! Local AWSs, each lent to one test at a time: a test moves its clock.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use mindmate_testkit::LocalAws;

static IDLE: Mutex<Vec<Arc<LocalAws>>> = Mutex::new(Vec::new());

/// The instant that every test begins at.
pub(crate) fn start() -> Timestamp {
    "2026-11-22T06:00:00Z".parse().unwrap()
}

/// A local AWS, lent.
pub(crate) struct Lent(Arc<LocalAws>);

impl Lent {
    pub(crate) fn borrow() -> Self {
        let idle = IDLE.lock().unwrap().pop();
        Self(idle.unwrap_or_else(|| Arc::new(LocalAws::start_by_hand(start()))))
    }
}

impl Deref for Lent {
    type Target = Arc<LocalAws>;

    fn deref(&self) -> &Arc<LocalAws> {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        IDLE.lock().unwrap().push(Arc::clone(&self.0));
    }
}
