//! What happened, as one number and, where somebody asks for it, as lines.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::clock::Time;

/// A hash over all that happens, in order (FNV-1a). Clones add to the same one.
#[derive(Clone)]
pub(crate) struct Trace(Arc<Inner>);

struct Inner {
    hash: Mutex<u64>,
    time: Time,
    lines: bool,
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

impl Trace {
    /// A trace of a world that keeps this time; with `lines` everything is printed as it happens.
    pub(crate) fn new(time: Time, lines: bool) -> Self {
        Self(Arc::new(Inner { hash: Mutex::new(OFFSET), time, lines }))
    }

    /// The hash so far.
    pub(crate) fn hash(&self) -> u64 {
        *self.0.hash.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an event that is known by a number: it is hashed and never printed.
    pub(crate) fn mark(&self, what: &str, number: u64) {
        self.add(what.as_bytes());
        self.add(&number.to_le_bytes());
    }

    /// Notes an event with its words.
    pub(crate) fn tell(&self, what: &str, words: &str) {
        self.add(what.as_bytes());
        self.add(words.as_bytes());
        if self.0.lines {
            print_line(self.0.time.now(), what, words);
        }
    }

    /// Adds what is too long to be printed.
    pub(crate) fn hash_in(&self, state: &str) {
        self.add(state.as_bytes());
    }

    fn add(&self, bytes: &[u8]) {
        let mut hash = self.0.hash.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            *hash = (*hash ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }
}

fn print_line(at: Timestamp, what: &str, words: &str) {
    println!("{at:.3} {what:<12} {words}");
}
