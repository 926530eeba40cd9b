//! The margin of a row: all trees of a member as one array of nodes.
//!
//! The two children of a split lie side by side, so that the next node is the first child's index plus whether
//! the value is above the threshold: there is no branch that the processor could guess wrong. Eight trees are walked in step, so
//! that it has something to do while it waits for a node. A leaf leads to itself; after a few steps the trees
//! that are at one are left behind, and the others close up.

use crate::artefact::Member;
use crate::ensemble::ranks::{Question, Ranks};
use crate::tree::{Child, Tree};

/// Trees that are walked in step.
const IN_STEP: usize = 8;

/// Trees that close up together; a multiple of [`IN_STEP`].
const BLOCK: usize = 256;

/// Steps before trees close up for the first time, and between that and the next. Measured: `cargo bench -p
/// mindmate-model`.
const FIRST_STEPS: usize = 4;
const STEPS: usize = 2;

/// A split or a leaf.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// Of a leaf one that is never answered by yes.
    question: Question,
    /// The left child, with the right one after it; a leaf's own index.
    next: u32,
}

/// The trees of one member.
#[derive(Debug, Clone)]
pub(super) struct Forest {
    /// The first is a leaf that is worth nothing.
    nodes: Vec<Node>,
    /// Of the leaves, by node; 0 of splits.
    values: Vec<f64>,
    roots: Vec<u32>,
    /// What the sum of the trees is divided by.
    trees: f64,
}

impl Forest {
    pub(super) fn new(member: &Member, questions: &[Vec<Question>]) -> Self {
        let trees = if member.averaged { member.trees.len() as f64 } else { 1.0 };
        let mut forest = Self { nodes: Vec::new(), values: Vec::new(), roots: Vec::new(), trees };
        forest.leaf();
        for (tree, questions) in member.trees.iter().zip(questions) {
            let root = forest.tree(tree, questions);
            forest.roots.push(root);
        }
        forest
    }

    /// The margin of a row.
    pub(super) fn margin(&self, ranks: &Ranks) -> f64 {
        self.roots.chunks(BLOCK).map(|roots| self.sum(roots, ranks)).sum::<f64>() / self.trees
    }

    /// The values of the leaves where up to [`BLOCK`] trees end, added up.
    fn sum(&self, roots: &[u32], ranks: &Ranks) -> f64 {
        let mut walking = [0; BLOCK];
        walking[..roots.len()].copy_from_slice(roots);
        let (mut count, mut steps, mut sum) = (roots.len(), FIRST_STEPS, 0.0);
        while count > 0 {
            let filled = count.next_multiple_of(IN_STEP);
            walking[count..filled].fill(0);
            let (groups, _) = walking[..filled].as_chunks_mut::<IN_STEP>();
            for group in groups {
                self.step(group, steps, ranks);
            }
            let mut left = 0;
            for place in 0..count {
                let at = walking[place];
                sum += self.values[at as usize];
                walking[left] = at;
                left += usize::from(self.nodes[at as usize].next != at);
            }
            (count, steps) = (left, STEPS);
        }
        sum
    }

    fn step(&self, group: &mut [u32; IN_STEP], steps: usize, ranks: &Ranks) {
        let mut walking = *group;
        for _ in 0..steps {
            for at in &mut walking {
                let node = self.nodes[*at as usize];
                *at = node.next + u32::from(ranks.is_above(node.question));
            }
        }
        *group = walking;
    }

    /// Lays out a tree and gives its root's index.
    fn tree(&mut self, tree: &Tree, questions: &[Question]) -> u32 {
        let root = self.leaf();
        let mut open = vec![(tree.root(), root)];
        while let Some((child, at)) = open.pop() {
            match child {
                Child::Leaf(leaf) => self.values[at as usize] = tree.leaves()[leaf as usize].value,
                Child::Split(split) => {
                    let question = questions[split as usize];
                    let split = &tree.splits()[split as usize];
                    let (left, right) = (self.leaf(), self.leaf());
                    self.nodes[at as usize] = Node { question, next: left };
                    open.extend([(split.right, right), (split.left, left)]);
                }
            }
        }
        root
    }

    /// Adds a leaf that is worth nothing, and gives its index.
    fn leaf(&mut self) -> u32 {
        // A file with more nodes than this counts would have hundreds of gigabytes.
        let index = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(Node { question: Question::NEVER, next: index });
        self.values.push(0.0);
        index
    }
}
