//! A row's way down a tree, split by split.

use crate::artefact::Member;
use crate::tree::{Child, Tree};

pub(super) fn margin(member: &Member, row: &[f64]) -> f64 {
    let sum: f64 = member.trees.iter().map(|tree| value(tree, row)).sum();
    if member.averaged { sum / member.trees.len() as f64 } else { sum }
}

fn value(tree: &Tree, row: &[f64]) -> f64 {
    let mut at = tree.root();
    loop {
        match at {
            Child::Leaf(leaf) => return tree.leaves()[leaf as usize].value,
            Child::Split(index) => {
                let split = tree.splits()[index as usize];
                let value = row.get(usize::from(split.input)).copied().unwrap_or(f64::NAN);
                at = split.child(split.branch(value));
            }
        }
    }
}
