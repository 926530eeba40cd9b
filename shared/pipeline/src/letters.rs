//! Walks over dead letters: each that lay there when the walk began comes once.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use crate::ports::{DeadLetter, DeadLetters, Place, PortResult, Receipt};

/// Letters of one page.
pub const PAGE: usize = 500;

/// How long letters are held while they are moved: longer than sending a page of them may take.
pub const HOLD: Duration = Duration::from_mins(5);

/// Says which letters are meant.
pub type Wanted<'a> = dyn Fn(&DeadLetter) -> bool + Send + Sync + 'a;

/// A walk over the letters of one queue or stream.
///
/// What comes there after the walk began is left alone: a letter that is played back and fails again
/// comes there at once, and would be played back for ever.
pub struct Walk<'a> {
    letters: &'a dyn DeadLetters,
    wanted: &'a Wanted<'a>,
    place: Option<Place>,
    end: Option<Place>,
    /// What was moved, by its digest, where letters have no order.
    moved: HashSet<u64>,
    over: bool,
    /// How many letters were looked at.
    pub looked_at: u64,
    /// Whether more letters lie there than can be looked at together.
    pub cut_short: bool,
}

impl<'a> Walk<'a> {
    /// Begins before the first letter.
    ///
    /// # Errors
    /// The store's.
    pub async fn begin(letters: &'a dyn DeadLetters, wanted: &'a Wanted<'a>) -> PortResult<Self> {
        let end = letters.end().await?;
        let (place, moved) = (None, HashSet::new());
        Ok(Self { letters, wanted, place, end, moved, over: false, looked_at: 0, cut_short: false })
    }

    /// The wanted letters of the next page, which may be none; `None` at the end.
    ///
    /// # Errors
    /// The store's.
    pub async fn next(&mut self, max: usize) -> PortResult<Option<Vec<DeadLetter>>> {
        if self.over {
            return Ok(None);
        }
        let page = self.letters.browse(self.place, max).await?;
        self.looked_at += page.letters.len() as u64;
        self.cut_short |= page.cut_short;
        self.place = page.next;
        self.over = match (page.next, self.end) {
            (Some(next), Some(end)) => next >= end,
            (next, _) => next.is_none(),
        };
        let mut letters = page.letters;
        letters.retain(|letter| {
            letter.place.is_none_or(|place| self.end.is_none_or(|end| place <= end))
                && !self.was_moved(letter)
                && (self.wanted)(letter)
        });
        Ok(Some(letters))
    }

    /// Takes letters that the walk came by, with what they are released or removed by; those that
    /// somebody else has are left out.
    ///
    /// # Errors
    /// The store's.
    pub async fn hold(&mut self, letters: Vec<DeadLetter>) -> PortResult<Vec<Held>> {
        let receipts = self.letters.hold(&letters, HOLD).await?;
        let held = letters.into_iter().zip(receipts);
        let held: Vec<_> =
            held.filter_map(|(letter, receipt)| Some(Held { letter, receipt: receipt? })).collect();
        if self.end.is_none() {
            self.moved.extend(held.iter().map(|held| digest(&held.letter)));
        }
        Ok(held)
    }

    /// Behind the last letter that lay there when the walk began; `None` where letters have no
    /// order.
    pub fn end(&self) -> Option<Place> {
        self.end
    }

    fn was_moved(&self, letter: &DeadLetter) -> bool {
        !self.moved.is_empty() && self.moved.contains(&digest(letter))
    }
}

/// A letter that is held.
#[derive(Debug)]
pub struct Held {
    /// The letter.
    pub letter: DeadLetter,
    /// What releases or removes it.
    pub receipt: Receipt,
}

/// What tells the contents of letters apart.
pub fn digest(letter: &DeadLetter) -> u64 {
    let mut hasher = DefaultHasher::new();
    for content in &letter.contents {
        content.key.hash(&mut hasher);
        content.body.hash(&mut hasher);
    }
    hasher.finish()
}
