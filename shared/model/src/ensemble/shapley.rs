//! What each input adds to a margin: path-dependent `TreeSHAP`.
//!
//! The value of a set of known inputs is the tree's mean over the training rows that agree with the row in
//! those (Lundberg et al. 2018, algorithm 1): at a split on another input both sides count, by
//! their covers. What an input adds is its Shapley value in that game. It is what algorithm 2 there gives, in
//! another way, since that takes the square of the depth at every leaf.
//!
//! **As an integral.** A leaf of value w, under a path with the distinct inputs P, is worth w · Π oⱼ or zⱼ: oⱼ is 1
//! where the row takes the path at every split on j, else 0, and zⱼ the product of the path's shares of cover at those
//! splits. Its multilinear extension (Owen 1972) gives the Shapley value of i as
//!
//! w · (oᵢ − zᵢ) · ∫₀¹ Π over j ≠ i of fⱼ(t) dt, where fⱼ(t) = t·oⱼ + (1 − t)·zⱼ.
//!
//! The integrand has a degree of |P| − 1, so that ⌈|P| / 2⌉ Gauss–Legendre points integrate it exactly. All factors
//! are positive at them: nothing cancels out.
//!
//! **All leaves at once.** At each point, let U be the product of f over the path down to a split, H the sum of what is
//! below a child (each leaf with the factors that come below it), h the child where the row goes and c the other one,
//! s the share of cover of c. With D = Hₕ − H꜀ the split itself has H = Hₕ − r·D, passes U·(1 − r) on to h and U·r to c, and adds
//! ∫ U·q·D dt to its input, where
//!
//! | the input on the path above | r | q |
//! | --- | --- | --- |
//! | not seen | (1 − t)·s | s |
//! | the row took the path at all its splits; z is their share, f = t + (1 − t)·z | (1 − t)·z·s / f | z·s / f² |
//! | the row left the path there | s | 0 |
//!
//! That an input comes again is what the second and third lines are for: the terms of a split hold for the factor
//! of the split before it, and the differences add up to those of the leaves.

use crate::ensemble::quadrature::Quadrature;
use crate::ensemble::values::{Values, place};
use crate::tree::{Branch, Child, Tree};

/// A split of an input that the path has come by before.
#[derive(Debug, Clone)]
struct Again<const N: usize> {
    /// The latest split of that input above.
    split: u32,
    /// The path's side there.
    right: bool,
    /// The path's share of cover at all splits of the input above.
    share: f64,
    /// 1 / f at each point.
    inverse: [f64; N],
}

/// A split.
#[derive(Debug, Clone)]
struct Step {
    threshold: f64,
    /// The shares of cover of left and right.
    shares: [f64; 2],
    /// The children: splits by index, then leaves.
    children: [u32; 2],
    /// Where its value is in [`Values`].
    place: u8,
    /// Which input it looks at.
    input: u8,
    /// One more than its index among [`Again`]; 0 for the first split of its input on the path.
    again: u32,
}

/// A tree with splits.
#[derive(Debug, Clone)]
struct Explainer<const N: usize> {
    steps: Vec<Step>,
    again: Vec<Again<N>>,
    /// The leaves' values, times what the tree counts in the log-odds.
    leaves: Vec<f64>,
}

/// Trees on whose paths are at most 2 · `N` distinct inputs.
#[derive(Debug, Clone)]
pub(super) struct Explainers<const N: usize> {
    quadrature: Quadrature<N>,
    trees: Vec<Explainer<N>>,
}

/// What is kept while a tree is walked, a line for each split or leaf.
struct Scratch<const N: usize> {
    /// U of a split, on the way down; U·q once it was passed on.
    above: Vec<[f64; N]>,
    /// r.
    ratio: Vec<[f64; N]>,
    /// H.
    below: Vec<[f64; N]>,
    /// Whether the row goes right.
    right: Vec<bool>,
    /// Whether the row takes the path at all splits of the input above.
    taken: Vec<bool>,
}

impl<const N: usize> Explainers<N> {
    pub(super) fn new() -> Self {
        Self { quadrature: Quadrature::new(), trees: Vec::new() }
    }

    /// Takes in a tree, whose margin counts `scale` times.
    pub(super) fn add(&mut self, tree: &Tree, scale: f64) {
        let points = &self.quadrature.points;
        let mut explainer = Explainer {
            steps: Vec::with_capacity(tree.splits().len()),
            again: Vec::new(),
            leaves: tree.leaves().iter().map(|leaf| leaf.value * scale).collect(),
        };
        for (index, above) in latest_above(tree).into_iter().enumerate() {
            let again = above.map_or(0, |above| explainer.repeat(above, points));
            explainer.steps.push(step(tree, index, again));
        }
        self.trees.push(explainer);
    }

    /// Adds what each input adds to the log-odds.
    pub(super) fn explain(&self, values: &Values, into: &mut [f64]) {
        let most = self.trees.iter().map(|tree| tree.steps.len()).max().unwrap_or(0);
        let mut scratch = Scratch {
            above: vec![[0.0; N]; most + 1],
            ratio: vec![[0.0; N]; most],
            below: vec![[0.0; N]; 2 * most + 1],
            right: vec![false; most],
            taken: vec![false; most],
        };
        for tree in &self.trees {
            tree.descend(values, &self.quadrature, &mut scratch);
            tree.ascend(&mut scratch, into);
        }
    }
}

impl<const N: usize> Explainer<N> {
    /// Notes that a split's input was seen above, and gives its mark.
    fn repeat(&mut self, above: Above, points: &[f64; N]) -> u32 {
        let before = &self.steps[above.split as usize];
        let earlier = match before.again {
            0 => 1.0,
            again => self.again[again as usize - 1].share,
        };
        let share = earlier * before.shares[usize::from(above.right)];
        let inverse = points.map(|t| 1.0 / (t + (1.0 - t) * share));
        self.again.push(Again { split: above.split, right: above.right, share, inverse });
        u32::try_from(self.again.len()).unwrap_or(u32::MAX)
    }

    /// From the root: U, r and q of every split.
    fn descend(&self, values: &Values, quadrature: &Quadrature<N>, scratch: &mut Scratch<N>) {
        let splits = self.steps.len();
        scratch.above[0] = quadrature.weights;
        let rest = quadrature.points.map(|t| 1.0 - t);
        for (index, step) in self.steps.iter().enumerate() {
            let right = values.at(step.place) > step.threshold;
            scratch.right[index] = right;
            let share = step.shares[usize::from(!right)];
            let above = scratch.above[index];
            let mut taken = true;
            let (mut ratio, mut weighted) = ([0.0; N], [0.0; N]);
            if step.again == 0 {
                for k in 0..N {
                    ratio[k] = rest[k] * share;
                    weighted[k] = above[k] * share;
                }
            } else {
                let again = &self.again[step.again as usize - 1];
                let before = again.split as usize;
                taken = scratch.taken[before] && scratch.right[before] == again.right;
                if taken {
                    for k in 0..N {
                        let part = again.share * share * again.inverse[k];
                        ratio[k] = rest[k] * part;
                        weighted[k] = above[k] * part * again.inverse[k];
                    }
                } else {
                    ratio = [share; N];
                }
            }
            scratch.taken[index] = taken;
            // Leaves need none: they share the line after the splits'.
            let hot = (step.children[usize::from(right)] as usize).min(splits);
            let cold = (step.children[usize::from(!right)] as usize).min(splits);
            for k in 0..N {
                let passed = above[k] * ratio[k];
                scratch.above[hot][k] = above[k] - passed;
                scratch.above[cold][k] = passed;
            }
            scratch.above[index] = weighted;
            scratch.ratio[index] = ratio;
        }
    }

    /// From the leaves: H of every split, and what its input adds.
    fn ascend(&self, scratch: &mut Scratch<N>, into: &mut [f64]) {
        let splits = self.steps.len();
        for (line, value) in scratch.below[splits..].iter_mut().zip(&self.leaves) {
            *line = [*value; N];
        }
        for (index, step) in self.steps.iter().enumerate().rev() {
            let right = scratch.right[index];
            let hot = scratch.below[step.children[usize::from(right)] as usize];
            let cold = scratch.below[step.children[usize::from(!right)] as usize];
            let (weighted, ratio) = (&scratch.above[index], &scratch.ratio[index]);
            let mut line = [0.0; N];
            let mut added = [0.0; N];
            for k in 0..N {
                let difference = hot[k] - cold[k];
                line[k] = hot[k] - ratio[k] * difference;
                added[k] = weighted[k] * difference;
            }
            scratch.below[index] = line;
            into[usize::from(step.input)] += added.iter().sum::<f64>();
        }
    }
}

/// The latest split above that looks at the same input, and the path's side there.
#[derive(Debug, Clone, Copy)]
struct Above {
    split: u32,
    right: bool,
}

fn step(tree: &Tree, index: usize, again: u32) -> Step {
    let split = &tree.splits()[index];
    let slot = |child| match child {
        Child::Split(below) => below,
        Child::Leaf(below) => u32::try_from(tree.splits().len()).unwrap_or(u32::MAX) + below,
    };
    Step {
        threshold: split.threshold,
        shares: [split.left, split.right].map(|child| tree.cover(child) / split.cover),
        children: [slot(split.left), slot(split.right)],
        place: place(split),
        input: u8::try_from(split.input).unwrap_or(u8::MAX),
        again,
    }
}

/// For each split, the latest one above it of the same input.
fn latest_above(tree: &Tree) -> Vec<Option<Above>> {
    let parents = parents(tree);
    let splits = tree.splits();
    let latest = |index: usize| {
        let mut at = parents[index];
        while let Some(above) = at {
            if splits[above.split as usize].input == splits[index].input {
                return Some(above);
            }
            at = parents[above.split as usize];
        }
        None
    };
    (0..splits.len()).map(latest).collect()
}

/// The most distinct inputs on a path.
pub(super) fn most_inputs(tree: &Tree) -> usize {
    let parents = parents(tree);
    let mut distinct = vec![0_usize; tree.splits().len()];
    for (index, latest) in latest_above(tree).into_iter().enumerate() {
        let above = parents[index].map_or(0, |above| distinct[above.split as usize]);
        distinct[index] = above + usize::from(latest.is_none());
    }
    distinct.into_iter().max().unwrap_or(0)
}

fn parents(tree: &Tree) -> Vec<Option<Above>> {
    let mut parents = vec![None; tree.splits().len()];
    for (index, split) in tree.splits().iter().enumerate() {
        for side in [Branch::Left, Branch::Right] {
            if let Child::Split(below) = split.child(side) {
                let above = u32::try_from(index).unwrap_or(u32::MAX);
                parents[below as usize] =
                    Some(Above { split: above, right: side == Branch::Right });
            }
        }
    }
    parents
}
