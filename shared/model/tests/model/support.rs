//! Models that tests and the bench make up.

use mindmate_domain::Feature;
use mindmate_domain::feature::{FEATURE_VERSION, schema_hash};
use mindmate_model::baseline::Baseline;
use mindmate_model::port::ALIASES;
use mindmate_model::{
    Artefact, Branch, Child, Contents, Ensemble, Leaf, Member, Platt, Split, TrainedOn, Tree,
};
use serde_json::json;

/// One step of growing a tree: a leaf becomes a split.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// Which leaf, of those that there are by then.
    pub(crate) leaf: usize,
    /// What the split looks at.
    pub(crate) input: u16,
    /// Up to where a value goes left.
    pub(crate) threshold: f64,
    /// Where a missing one goes.
    pub(crate) missing: Branch,
}

/// Grows a tree: the cut leaf stays on the left, a new one comes on the right. `leaves` gives values and
/// covers, over and over where there are fewer.
pub(crate) fn grow(cuts: &[Cut], leaves: &[(f64, u32)]) -> Tree {
    // Where each leaf hangs: below which split, on which side.
    let mut hangs: Vec<Option<(usize, Branch)>> = vec![None];
    let mut splits: Vec<Split> = Vec::new();
    for cut in cuts {
        let cut_leaf = cut.leaf % hangs.len();
        let (index, new_leaf) = (splits.len(), hangs.len());
        if let Some((above, side)) = hangs[cut_leaf] {
            let child = Child::Split(u32::try_from(index).expect("few splits"));
            match side {
                Branch::Left => splits[above].left = child,
                Branch::Right => splits[above].right = child,
            }
        }
        splits.push(Split {
            input: cut.input,
            threshold: cut.threshold,
            missing: cut.missing,
            left: Child::Leaf(u32::try_from(cut_leaf).expect("few leaves")),
            right: Child::Leaf(u32::try_from(new_leaf).expect("few leaves")),
            cover: 0.0,
        });
        hangs[cut_leaf] = Some((index, Branch::Left));
        hangs.push(Some((index, Branch::Right)));
    }
    let leaves: Vec<Leaf> = (0..hangs.len())
        .map(|leaf| leaves[leaf % leaves.len()])
        .map(|(value, cover)| Leaf { value, cover: f64::from(cover) })
        .collect();
    for index in (0..splits.len()).rev() {
        let cover = |child| match child {
            Child::Split(below) => splits[below as usize].cover,
            Child::Leaf(leaf) => leaves[leaf as usize].cover,
        };
        splits[index].cover = cover(splits[index].left) + cover(splits[index].right);
    }
    Tree::new(splits, leaves).expect("what is grown is a tree")
}

/// What a model looks at.
pub(crate) fn inputs() -> Vec<Feature> {
    Feature::ALL.into_iter().filter(|feature| !ALIASES.contains(feature)).collect()
}

/// The contents of a model of these members.
pub(crate) fn contents(members: Vec<Member>) -> Contents {
    let inputs = inputs();
    Contents {
        feature_version: FEATURE_VERSION,
        feature_schema_sha256: schema_hash(),
        label_version: 1,
        members,
        calibration: Platt { slope: 1.25, intercept: -0.5 },
        baseline: inputs.iter().map(|_| Baseline::of(&[1.0, 2.0, f64::NAN])).collect(),
        training: TrainedOn {
            manifest_sha256: "ab".repeat(32),
            until: "2026-06-01T06:00:00Z".parse().expect("an instant"),
            cut: "2026-03-01T06:00:00Z".parse().expect("an instant"),
            users: 100,
            samples: 2_000,
            crises: 150,
            key_id: "0123456789abcdef".to_owned(),
            synthetic: true,
            seed: 7,
            code: "0.1.0".to_owned(),
        },
        hyperparameters: json!({"trees": 2}),
        metrics: json!({"auroc": 0.8}),
        importance: vec![(inputs[0], 3.0), (inputs[3], 1.0)],
        card: "# Model card\n\nTrained on invented people.\n".to_owned(),
        inputs,
    }
}

/// A member of these trees.
pub(crate) fn member(name: &str, averaged: bool, trees: Vec<Tree>) -> Member {
    Member { name: name.to_owned(), averaged, trees }
}

/// A model of a forest and of boosted trees.
pub(crate) fn ensemble(forest: Vec<Tree>, boosted: Vec<Tree>) -> Ensemble {
    let members =
        vec![member("randomForest", true, forest), member("gradientBoosting", false, boosted)];
    Ensemble::new(Artefact::new(contents(members)).expect("what is made up is a model"))
}
