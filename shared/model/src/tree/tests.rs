use super::*;

fn split(left: Child, right: Child, cover: f64) -> Split {
    Split { input: 0, threshold: 0.5, missing: Branch::Left, left, right, cover }
}

fn leaf(cover: f64) -> Leaf {
    Leaf { value: 1.0, cover }
}

/// Split 0 over leaf 0 and split 1, that over leaves 1 and 2.
fn splits() -> Vec<Split> {
    vec![split(Child::Leaf(0), Child::Split(1), 6.0), split(Child::Leaf(1), Child::Leaf(2), 5.0)]
}

fn leaves() -> Vec<Leaf> {
    vec![leaf(1.0), leaf(2.0), leaf(3.0)]
}

#[test]
fn a_tree_that_hangs_together_is_taken() {
    let tree = Tree::new(splits(), leaves()).unwrap();
    assert_eq!(tree.root(), Child::Split(0));
    assert_eq!(tree.depth(), 2);
    assert_eq!(tree.cover(tree.root()), 6.0);
    let one = Tree::of_one_leaf(leaf(4.0)).unwrap();
    assert_eq!((one.root(), one.depth()), (Child::Leaf(0), 0));
}

#[test]
fn what_is_no_tree_is_refused() {
    let refused = |change: fn(&mut Vec<Split>, &mut Vec<Leaf>), complaint: &str| {
        let (mut splits, mut leaves) = (splits(), leaves());
        change(&mut splits, &mut leaves);
        let error = Tree::new(splits, leaves).unwrap_err().to_string();
        assert!(error.contains(complaint), "expected {complaint:?} in {error}");
    };
    refused(|_, leaves| leaves.push(leaf(1.0)), "expected 3 leaves for 2 splits, found 4");
    refused(|splits, leaves| (splits.clear(), leaves.clear()).0, "1 leaves for 0 splits, found 0");
    refused(|splits, _| splits[0].right = Child::Split(0), "after it, found Split(0)");
    refused(|splits, _| splits[1].left = Child::Split(1), "child of split 1");
    refused(|splits, _| splits[0].right = Child::Split(2), "found Split(2)");
    refused(|splits, _| splits[1].right = Child::Leaf(3), "found Leaf(3)");
    refused(|splits, _| splits[1].right = Child::Leaf(0), "found Leaf(0) below two");
    refused(|splits, _| splits[1].threshold = f64::NAN, "finite threshold at 1, found NaN");
    refused(|_, leaves| leaves[2].value = f64::INFINITY, "finite value at 2, found inf");
    refused(|_, leaves| leaves[2].cover = 0.0, "more than 0 rows at leaf 2, found 0");
    refused(|splits, _| splits[1].cover = 4.0, "cover of 5 at split 0, found 6");
}

#[test]
fn a_tree_is_written_as_columns_without_what_follows_from_them() {
    let tree = Tree::new(splits(), leaves()).unwrap();
    let text = serde_json::to_string(&tree).unwrap();
    assert_eq!(
        text,
        "{\"input\":\"0 0\",\"threshold\":\"0.5 0.5\",\"missing\":\"LL\",\"left\":\"-1 -2\",\
         \"right\":\"1 -3\",\"value\":\"1.0 1.0 1.0\",\"cover\":\"1.0 2.0 3.0\"}"
    );
    assert_eq!(serde_json::from_str::<Tree>(&text).unwrap(), tree);
}

#[test]
fn a_missing_value_goes_where_the_split_says() {
    for missing in [Branch::Left, Branch::Right] {
        let split = Split { missing, ..splits()[0] };
        assert_eq!(split.branch(f64::NAN), missing);
        assert_eq!(split.branch(0.5), Branch::Left);
        assert_eq!(split.branch(0.6), Branch::Right);
    }
}

/// LightGBM's threshold where it parts what is there from what is missing.
#[test]
fn a_threshold_of_infinity_is_above_every_value_and_can_be_written() {
    let mut splits = splits();
    (splits[0].threshold, splits[0].missing) = (f64::INFINITY, Branch::Right);
    let tree = Tree::new(splits, leaves()).unwrap();
    assert_eq!(tree.splits()[0].branch(f64::MAX), Branch::Left);
    assert_eq!(tree.splits()[0].branch(f64::NAN), Branch::Right);
    let text = serde_json::to_string(&tree).unwrap();
    assert_eq!(serde_json::from_str::<Tree>(&text).unwrap(), tree);
}
