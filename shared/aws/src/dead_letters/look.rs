//! Which letters were only looked at, so that they can be given back.

use std::collections::HashSet;

/// A queue hides no more messages at once: 120,000, less what others hold.
const MOST: usize = 100_000;

/// The looks that have not ended, each in the one before it.
#[derive(Debug, Default)]
pub(super) struct Looks {
    open: Vec<HashSet<String>>,
}

impl Looks {
    pub(super) fn begin(&mut self) {
        self.open.push(HashSet::new());
    }

    /// How many letters more can be looked at together.
    pub(super) fn room(&self) -> usize {
        MOST.saturating_sub(self.open.iter().map(HashSet::len).sum())
    }

    /// Remembers what the last look hides.
    pub(super) fn remember(&mut self, handles: impl IntoIterator<Item = String>) {
        if self.open.is_empty() {
            self.begin();
        }
        if let Some(look) = self.open.last_mut() {
            look.extend(handles);
        }
    }

    /// These are looked at no longer: they are held, or somebody else's.
    pub(super) fn forget(&mut self, handles: &[&str]) {
        for look in &mut self.open {
            for handle in handles {
                look.remove(*handle);
            }
        }
    }

    /// Ends the last look; gives what it still hides.
    pub(super) fn end(&mut self) -> Vec<String> {
        self.open.pop().unwrap_or_default().into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who looks whether a canary came back gives nothing back of the walk that it is part of.
    #[test]
    fn a_look_within_a_look_ends_alone() {
        let mut looks = Looks::default();
        looks.begin();
        looks.remember(["a", "b"].map(str::to_owned));
        looks.begin();
        looks.remember(["c".to_owned()]);
        assert_eq!(looks.room(), MOST - 3);
        assert_eq!(looks.end(), ["c"]);
        looks.forget(&["a"]);
        assert_eq!(looks.end(), ["b"]);
        assert_eq!((looks.end().len(), looks.room()), (0, MOST));
    }
}
