//! Texts as LightGBM 4 writes them, cut down. That trees serve as LightGBM's own do is tested with LightGBM itself.

use mindmate_model::Branch;

use super::{Grown, TextError, read};

/// Node 0 asks input 0, which was missing in training and then goes left; node 1, above, asks input 1, which
/// never was, and has more rows on the right.
const TREE: &str = "\
Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
split_gain=10 2.5
threshold=1.5 1.0000000180025095e-35
decision_type=10 2
left_child=-1 -2
right_child=1 -3
leaf_value=-0.5 0.25 0.75
leaf_weight=1 1 1
leaf_count=5 2 3
internal_value=0 0
internal_weight=2 1
internal_count=10 5
is_linear=0
shrinkage=1

";

fn text(head: &str, trees: &[&str]) -> String {
    let head = format!(
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n\
         objective=binary sigmoid:1\n{head}feature_names=a b\ntree_sizes=1\n\n"
    );
    head + &trees.concat()
        + "end of trees\n\nfeature_importances:\na=1\n\nparameters:\n[boosting: rf]\n"
}

fn one() -> Grown {
    read(&text("", &[TREE]), 2, 10).unwrap()
}

#[test]
fn thresholds_children_and_values_are_lightgbms() {
    let grown = one();
    assert!(!grown.averaged);
    for (row, margin) in
        [([1.5, 9.0], -0.5), ([1.6, 0.0], 0.25), ([1.6, -3.0], 0.25), ([2.0, 0.1], 0.75)]
    {
        assert!((grown.margin(&row) - margin).abs() < f64::EPSILON, "{row:?}");
    }
    assert_eq!(grown.gains, [10.0, 2.5]);
    let covers: Vec<f64> = grown.trees[0].splits().iter().map(|split| split.cover).collect();
    assert_eq!(covers, [10.0, 5.0]);
}

/// R1.6: LightGBM would take it for 0, which goes left here; most rows went right.
#[test]
fn what_was_never_missing_goes_with_most_rows_and_not_with_zero() {
    let grown = one();
    let missing: Vec<Branch> = grown.trees[0].splits().iter().map(|split| split.missing).collect();
    assert_eq!(missing, [Branch::Left, Branch::Right]);
    let even = TREE
        .replace("leaf_count=5 2 3", "leaf_count=6 2 2")
        .replace("internal_count=10 5", "internal_count=10 4");
    let grown = read(&text("", &[&even]), 2, 10).unwrap();
    assert_eq!(grown.trees[0].splits()[1].missing, Branch::Left, "left where there are as many");
    let right = TREE.replace("decision_type=10 2", "decision_type=8 2");
    let grown = read(&text("", &[&right]), 2, 10).unwrap();
    assert_eq!(grown.trees[0].splits()[0].missing, Branch::Right, "as it was learned");
}

#[test]
fn a_split_between_what_is_there_and_what_is_missing_has_every_number_on_one_side() {
    let present = TREE
        .replace("threshold=1.5", "threshold=inf")
        .replace("decision_type=10", "decision_type=8");
    let grown = read(&text("", &[&present]), 2, 10).unwrap();
    assert!((grown.margin(&[1e300, 0.1]) + 0.5).abs() < f64::EPSILON);
    assert!((grown.margin(&[f64::NAN, 0.1]) - 0.75).abs() < f64::EPSILON);
}

#[test]
fn a_forest_is_averaged_and_a_tree_without_a_split_is_its_leaf() {
    let constant = "Tree=1\nnum_leaves=1\nnum_cat=0\nsplit_feature=\nsplit_gain=\nthreshold=\ndecision_type=\n\
        left_child=\nright_child=\nleaf_value=0.5\nleaf_weight=\nleaf_count=\ninternal_value=\n\
        internal_weight=\ninternal_count=\nis_linear=0\nshrinkage=1\n\n";
    let grown = read(&text("average_output\n", &[TREE, constant]), 2, 10).unwrap();
    assert!(grown.averaged);
    assert!((grown.margin(&[2.0, 0.1]) - 0.625).abs() < f64::EPSILON);
}

#[test]
fn what_we_do_not_serve_is_refused() {
    for (from, to, found) in [
        ("num_cat=0", "num_cat=1", "a split by category"),
        ("decision_type=10 2", "decision_type=11 2", "a split by category"),
        ("decision_type=10 2", "decision_type=6 2", "zeros that count as missing"),
        ("is_linear=0", "is_linear=1", "linear leaves"),
    ] {
        let error = read(&text("", &[&TREE.replace(from, to)]), 2, 10).unwrap_err();
        assert!(matches!(error, TextError::NotServed { tree: 0, .. }), "{error}");
        assert!(error.to_string().contains(found), "{error}");
    }
}

#[test]
fn a_text_that_is_cut_off_or_of_something_else_says_what_was_expected() {
    let whole = text("", &[TREE]);
    for (from, to, expected) in [
        ("version=v4", "version=v5", "`version=v4`"),
        ("sigmoid:1", "sigmoid:2", "`objective=binary sigmoid:1`"),
        ("max_feature_idx=1", "max_feature_idx=5", "`max_feature_idx=1`"),
        ("leaf_count=5 2 3", "leaf_count=5 2", "3 numbers in `leaf_count`"),
        ("threshold=1.5", "threshold=x", "a number in `threshold`"),
        ("split_gain=10 2.5\n", "", "`split_gain`"),
        ("right_child=1 -3", "right_child=9 -3", "a child of split 0 that is there"),
        ("split_feature=0 1", "split_feature=0 7", "an input below 2"),
    ] {
        let error = read(&whole.replace(from, to), 2, 10).unwrap_err();
        assert!(error.to_string().contains(expected), "expected {expected} in {error}");
    }
    assert!(read(&text("", &[]), 2, 10).unwrap_err().to_string().contains("a tree"));
    assert!(read("", 2, 10).is_err());
    let twice = whole.replace("left_child=-1 -2", "left_child=-3 -2");
    assert!(matches!(read(&twice, 2, 10), Err(TextError::Tree { tree: 0, .. })));
}
