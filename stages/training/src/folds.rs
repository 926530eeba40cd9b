//! Users dealt to folds, so that margins can be had of rows that the trees were not fitted on.

use std::collections::BTreeMap;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha12Rng;

/// The fold of each row, from 0 on. All rows of a user are in one.
///
/// Users with a crisis are dealt first, then the others, each in an order that chance draws: so every fold has
/// its share of crises.
pub fn deal(users: &[u32], labels: &[bool], folds: usize, seed: u64) -> Vec<usize> {
    let mut in_crisis: BTreeMap<u32, bool> = BTreeMap::new();
    for (user, label) in users.iter().zip(labels) {
        *in_crisis.entry(*user).or_default() |= label;
    }
    let (mut with, mut without): (Vec<u32>, Vec<u32>) =
        in_crisis.keys().partition(|user| in_crisis[user]);
    let mut chance = ChaCha12Rng::seed_from_u64(seed);
    with.shuffle(&mut chance);
    without.shuffle(&mut chance);
    let dealt = with.into_iter().chain(without).enumerate();
    let fold_of: BTreeMap<u32, usize> = dealt.map(|(place, user)| (user, place % folds)).collect();
    users.iter().map(|user| fold_of[user]).collect()
}

#[cfg(test)]
mod tests {
    use super::deal;

    /// 40 users with 5 rows each; every fourth has a crisis in one of them.
    fn people() -> (Vec<u32>, Vec<bool>) {
        (0..200_u32).map(|row| (row / 5, (row / 5) % 4 == 0 && row % 5 == 2)).unzip()
    }

    #[test]
    fn no_user_is_in_two_folds_and_every_fold_has_its_share_of_crises() {
        let (users, labels) = people();
        let folds = deal(&users, &labels, 5, 7);
        for rows in folds.chunks(5) {
            assert!(rows.iter().all(|fold| *fold == rows[0]));
        }
        for fold in 0..5 {
            let rows = || (0..200).filter(|row| folds[*row] == fold);
            assert_eq!(rows().count(), 40);
            assert_eq!(rows().filter(|row| labels[*row]).count(), 2);
        }
    }

    #[test]
    fn the_seed_alone_decides() {
        let (users, labels) = people();
        assert_eq!(deal(&users, &labels, 5, 7), deal(&users, &labels, 5, 7));
        assert_ne!(deal(&users, &labels, 5, 7), deal(&users, &labels, 5, 8));
    }
}
