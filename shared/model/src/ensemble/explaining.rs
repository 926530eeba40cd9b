//! All trees of a model by how many points their paths need.

use crate::artefact::Contents;
use crate::ensemble::paths::Paths;
use crate::ensemble::ranks::{Question, Ranks};
use crate::ensemble::shapley::Explainers;
use crate::tree::Tree;

/// The trees of all members, each counting as much as it does in the calibrated log-odds.
#[derive(Debug, Clone)]
pub(super) struct Explaining {
    /// The log-odds of somebody of whom nothing is known.
    pub(super) base: f64,
    inputs: usize,
    of_8: Explainers<4>,
    of_12: Explainers<6>,
    of_16: Explainers<8>,
    of_32: Explainers<16>,
    of_all: Explainers<36>,
}

impl Explaining {
    pub(super) fn new(contents: &Contents, questions: &[Vec<Vec<Question>>]) -> Self {
        let mut explaining = Self {
            base: contents.calibration.intercept,
            inputs: contents.inputs.len(),
            of_8: Explainers::new(),
            of_12: Explainers::new(),
            of_16: Explainers::new(),
            of_32: Explainers::new(),
            of_all: Explainers::new(),
        };
        for (member, questions) in contents.members.iter().zip(questions) {
            let trees = if member.averaged { member.trees.len() as f64 } else { 1.0 };
            let scale = contents.calibration.slope / (contents.members.len() as f64 * trees);
            for (tree, questions) in member.trees.iter().zip(questions) {
                explaining.base += scale * mean(tree);
                explaining.add(tree, scale, questions);
            }
        }
        explaining
    }

    /// What each input adds to the log-odds.
    pub(super) fn contributions(&self, ranks: &Ranks) -> Vec<f64> {
        let mut contributions = vec![0.0; self.inputs];
        self.of_8.explain(ranks, &mut contributions);
        self.of_12.explain(ranks, &mut contributions);
        self.of_16.explain(ranks, &mut contributions);
        self.of_32.explain(ranks, &mut contributions);
        self.of_all.explain(ranks, &mut contributions);
        contributions
    }

    fn add(&mut self, tree: &Tree, scale: f64, questions: &[Question]) {
        let paths = Paths::new(tree);
        match paths.most_inputs {
            0 => {}
            1..=8 => self.of_8.add(tree, &paths, scale, questions),
            9..=12 => self.of_12.add(tree, &paths, scale, questions),
            13..=16 => self.of_16.add(tree, &paths, scale, questions),
            17..=32 => self.of_32.add(tree, &paths, scale, questions),
            _ => self.of_all.add(tree, &paths, scale, questions),
        }
    }
}

/// The mean value of the training rows.
fn mean(tree: &Tree) -> f64 {
    let leaves = tree.leaves();
    let sum: f64 = leaves.iter().map(|leaf| leaf.cover * leaf.value).sum();
    sum / tree.cover(tree.root())
}
