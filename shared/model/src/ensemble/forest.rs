//! The margins of a row: all trees as one array of nodes.
//!
//! The two children of a split lie side by side, so that the next node is the first child's index plus
//! whether the value is above the threshold: no branch that the processor could guess wrong. Eight trees
//! are walked in step, so that it has something to do while it waits for a node. A leaf leads to itself,
//! and trees of like depth walk together.

use crate::artefact::Member;
use crate::ensemble::values::{Values, place};
use crate::tree::{Child, Tree};

/// Trees that are walked in step.
const IN_STEP: usize = 8;

/// A split or a leaf.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// Of a split; infinity of a leaf, above which nothing is.
    threshold: f64,
    /// The left child, with the right one after it; a leaf's own index.
    next: u32,
    /// Where its value is in [`Values`].
    place: u8,
}

/// The trees of one member.
#[derive(Debug, Clone)]
pub(super) struct Forest {
    nodes: Vec<Node>,
    /// Of the leaves, by node.
    values: Vec<f64>,
    groups: Vec<Group>,
    /// What the sum of the trees is divided by.
    trees: f64,
}

#[derive(Debug, Clone)]
struct Group {
    /// Roots; where trees run out, those of a tree that is worth nothing.
    roots: [u32; IN_STEP],
    /// Steps until every one of them is at a leaf.
    depth: usize,
}

impl Forest {
    pub(super) fn new(member: &Member) -> Self {
        let trees = if member.averaged { member.trees.len() as f64 } else { 1.0 };
        let mut forest = Self { nodes: Vec::new(), values: Vec::new(), groups: Vec::new(), trees };
        let nothing = forest.leaf(0.0);
        let mut order: Vec<(usize, &Tree)> =
            member.trees.iter().map(|tree| (tree.depth(), tree)).collect();
        order.sort_by_key(|(depth, _)| *depth);
        for trees in order.chunks(IN_STEP) {
            let mut group = Group { roots: [nothing; IN_STEP], depth: 0 };
            for (root, (depth, tree)) in group.roots.iter_mut().zip(trees) {
                *root = forest.tree(tree);
                group.depth = group.depth.max(*depth);
            }
            forest.groups.push(group);
        }
        forest
    }

    /// The margin of a row.
    pub(super) fn margin(&self, values: &Values) -> f64 {
        let mut sums = [0.0; IN_STEP];
        for group in &self.groups {
            let mut at = group.roots;
            for _ in 0..group.depth {
                for index in &mut at {
                    let node = self.nodes[*index as usize];
                    *index = node.next + u32::from(values.at(node.place) > node.threshold);
                }
            }
            for (sum, index) in sums.iter_mut().zip(at) {
                *sum += self.values[index as usize];
            }
        }
        sums.iter().sum::<f64>() / self.trees
    }

    /// Lays out a tree and gives its root's index.
    fn tree(&mut self, tree: &Tree) -> u32 {
        let root = self.leaf(0.0);
        let mut open = vec![(tree.root(), root)];
        while let Some((child, at)) = open.pop() {
            match child {
                Child::Leaf(leaf) => self.values[at as usize] = tree.leaves()[leaf as usize].value,
                Child::Split(split) => {
                    let split = &tree.splits()[split as usize];
                    let (left, right) = (self.leaf(0.0), self.leaf(0.0));
                    self.nodes[at as usize] =
                        Node { threshold: split.threshold, next: left, place: place(split) };
                    open.push((split.right, right));
                    open.push((split.left, left));
                }
            }
        }
        root
    }

    /// Adds a leaf and gives its index.
    fn leaf(&mut self, value: f64) -> u32 {
        // An artefact's file has a limit far below: its JSON takes more bytes than this has nodes.
        let index = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(Node { threshold: f64::INFINITY, next: index, place: 0 });
        self.values.push(value);
        index
    }
}
