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

use crate::ensemble::paths::{Above, Paths};
use crate::ensemble::quadrature::Quadrature;
use crate::ensemble::ranks::{Question, Ranks};
use crate::tree::{Child, Tree};

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
    question: Question,
    /// The shares of cover of left and right.
    shares: [f64; 2],
    /// The children: splits by index, then leaves.
    children: [u32; 2],
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

/// What is kept of a split while a tree is gone through, and of a leaf what is below it.
#[derive(Debug, Clone, Copy)]
struct Line<const N: usize> {
    /// U; where the row left the path of the input before, nothing is added here, and it is 0 once it was passed on.
    above: [f64; N],
    /// r.
    ratio: [f64; N],
    /// H.
    below: [f64; N],
    /// What q has in common at all points.
    share: f64,
    /// Whether the row goes right.
    right: bool,
    /// Whether the row takes the path at all splits of the input above.
    taken: bool,
}

impl<const N: usize> Explainers<N> {
    pub(super) fn new() -> Self {
        Self { quadrature: Quadrature::new(), trees: Vec::new() }
    }

    /// Takes in a tree with its paths, whose margin counts `scale` times.
    pub(super) fn add(&mut self, tree: &Tree, paths: &Paths, scale: f64, questions: &[Question]) {
        let points = &self.quadrature.points;
        let mut explainer = Explainer {
            steps: Vec::with_capacity(tree.splits().len()),
            again: Vec::new(),
            leaves: tree.leaves().iter().map(|leaf| leaf.value * scale).collect(),
        };
        for (index, above) in paths.latest.iter().enumerate() {
            let again = above.map_or(0, |above| explainer.repeat(above, points));
            explainer.steps.push(step(tree, index, again, questions[index]));
        }
        self.trees.push(explainer);
    }

    /// Adds what each input adds to the log-odds.
    pub(super) fn explain(&self, ranks: &Ranks, into: &mut [f64]) {
        let most = self.trees.iter().map(|tree| tree.leaves.len()).max().unwrap_or(0);
        let zero = [0.0; N];
        let blank =
            Line { above: zero, ratio: zero, below: zero, share: 0.0, right: false, taken: false };
        let mut lines = vec![blank; 2 * most];
        for tree in &self.trees {
            let lines = &mut lines[..tree.steps.len() + tree.leaves.len()];
            tree.descend(ranks, &self.quadrature, lines);
            tree.ascend(lines, into);
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
    fn descend(&self, ranks: &Ranks, quadrature: &Quadrature<N>, lines: &mut [Line<N>]) {
        lines[0].above = quadrature.weights;
        let rest = quadrature.points.map(|t| 1.0 - t);
        for (index, step) in self.steps.iter().enumerate() {
            let right = ranks.is_above(step.question);
            let share = step.shares[usize::from(!right)];
            let again = (step.again > 0).then(|| &self.again[step.again as usize - 1]);
            let taken = again.is_none_or(|again| {
                let before = &lines[again.split as usize];
                before.taken && before.right == again.right
            });
            let line = &mut lines[index];
            (line.right, line.taken, line.share) = (right, taken, share);
            let above = line.above;
            line.ratio = rest.map(|rest| rest * share);
            match again {
                None => {}
                Some(_) if !taken => {
                    line.ratio = [share; N];
                    line.above = [0.0; N];
                }
                Some(again) => {
                    for k in 0..N {
                        let part = again.share * again.inverse[k];
                        line.ratio[k] *= part;
                        line.above[k] *= part * again.inverse[k];
                    }
                }
            }
            let ratio = line.ratio;
            let [hot, cold] = step.children(right);
            let passed: [f64; N] = std::array::from_fn(|k| above[k] * ratio[k]);
            lines[hot].above = std::array::from_fn(|k| above[k] - passed[k]);
            lines[cold].above = passed;
        }
    }

    /// From the leaves: H of every split, and what its input adds.
    fn ascend(&self, lines: &mut [Line<N>], into: &mut [f64]) {
        for (line, value) in lines[self.steps.len()..].iter_mut().zip(&self.leaves) {
            line.below = [*value; N];
        }
        for (index, step) in self.steps.iter().enumerate().rev() {
            let [hot, cold] = step.children(lines[index].right);
            let (hot, cold) = (lines[hot].below, lines[cold].below);
            let line = &mut lines[index];
            let difference: [f64; N] = std::array::from_fn(|k| hot[k] - cold[k]);
            line.below = std::array::from_fn(|k| hot[k] - line.ratio[k] * difference[k]);
            let products = line.above.iter().zip(&difference).map(|(above, by)| above * by);
            into[usize::from(step.input)] += line.share * products.sum::<f64>();
        }
    }
}

impl Step {
    /// The lines of the child where the row goes, and of the other.
    fn children(&self, right: bool) -> [usize; 2] {
        let [left, other] = self.children;
        let [hot, cold] = if right { [other, left] } else { [left, other] };
        [hot as usize, cold as usize]
    }
}

fn step(tree: &Tree, index: usize, again: u32, question: Question) -> Step {
    let split = &tree.splits()[index];
    let slot = |child| match child {
        Child::Split(below) => below,
        Child::Leaf(below) => u32::try_from(tree.splits().len()).unwrap_or(u32::MAX) + below,
    };
    Step {
        question,
        shares: [split.left, split.right].map(|child| tree.cover(child) / split.cover),
        children: [slot(split.left), slot(split.right)],
        input: u8::try_from(split.input).unwrap_or(u8::MAX),
        again,
    }
}
