//! A set of small numbers, one bit each: which requests of a shard a mark holds for.

/// Bits from 0; as long as its highest set bit needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bitmap(Vec<u8>);

impl Bitmap {
    /// From stored bytes, the lowest bit of the first byte being number 0.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Sets a bit; says whether that changed anything.
    pub fn set(&mut self, number: u32) -> bool {
        let (byte, bit) = Self::place(number);
        if self.0.len() <= byte {
            self.0.resize(byte + 1, 0);
        }
        let before = self.0[byte];
        self.0[byte] |= bit;
        before != self.0[byte]
    }

    /// Whether a bit is set.
    pub fn contains(&self, number: u32) -> bool {
        let (byte, bit) = Self::place(number);
        self.0.get(byte).is_some_and(|bits| bits & bit != 0)
    }

    /// How many bits are set.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }

    /// The bits of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let bits = self.0.len().max(other.0.len());
        Self((0..bits).map(|byte| self.byte(byte) | other.byte(byte)).collect())
    }

    /// The bits of this one that the other lacks.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self(self.0.iter().enumerate().map(|(byte, bits)| bits & !other.byte(byte)).collect())
    }

    /// The numbers below `end` that are not set.
    pub fn gaps(&self, end: u32) -> impl Iterator<Item = u32> + '_ {
        (0..end).filter(|number| !self.contains(*number))
    }

    fn byte(&self, index: usize) -> u8 {
        self.0.get(index).copied().unwrap_or(0)
    }

    fn place(number: u32) -> (usize, u8) {
        ((number / 8) as usize, 1 << (number % 8))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn of(numbers: &BTreeSet<u32>) -> Bitmap {
        let mut bitmap = Bitmap::default();
        for number in numbers {
            assert!(bitmap.set(*number));
            assert!(!bitmap.set(*number));
        }
        bitmap
    }

    proptest! {
        #[test]
        fn is_a_set(
            a in proptest::collection::btree_set(0..300_u32, 0..40),
            b in proptest::collection::btree_set(0..300_u32, 0..40),
        ) {
            let (left, right) = (of(&a), of(&b));
            prop_assert_eq!(left.union(&right).count(), a.union(&b).count() as u64);
            prop_assert_eq!(left.minus(&right).count(), a.difference(&b).count() as u64);
            let gaps: BTreeSet<u32> = left.gaps(300).collect();
            prop_assert_eq!(gaps, (0..300).filter(|n| !a.contains(n)).collect::<BTreeSet<_>>());
            prop_assert_eq!(Bitmap::from_bytes(left.as_bytes().to_vec()), left);
        }
    }
}
