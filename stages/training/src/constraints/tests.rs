use mindmate_domain::Feature;
use mindmate_model::{Branch, Child, Leaf, Split, Tree};

use super::{Constraints, ConstraintsError, Direction};

/// Two splits: first on input 0 at 1, then, of what is above, on input 1 at 5.
fn tree(values: [f64; 3]) -> Tree {
    let missing = Branch::Left;
    let splits = vec![
        Split {
            input: 0,
            threshold: 1.0,
            missing,
            left: Child::Leaf(0),
            right: Child::Split(1),
            cover: 30.0,
        },
        Split {
            input: 1,
            threshold: 5.0,
            missing,
            left: Child::Leaf(1),
            right: Child::Leaf(2),
            cover: 20.0,
        },
    ];
    let leaves = values.map(|value| Leaf { value, cover: 10.0 });
    Tree::new(splits, leaves.into()).unwrap()
}

#[test]
fn more_crisis_language_never_lowers_the_risk() {
    let built_in = Constraints::built_in().unwrap();
    assert_eq!(built_in.version(), "monotone-1");
    assert_eq!(built_in.of(Feature::CrisisKeywords), Some(Direction::NeverFalls));
    assert_eq!(built_in.of(Feature::CrisisLanguageRecencyDays), Some(Direction::NeverRises));
    assert_eq!(built_in.of(Feature::MoodMean30Day), None);
}

#[test]
fn a_leaf_deep_below_the_other_side_is_seen() {
    let built_in = Constraints::built_in().unwrap();
    let inputs = [Feature::CrisisKeywords, Feature::MoodMean7Day];
    assert_eq!(built_in.check(&inputs, &[tree([0.1, 0.1, 0.2])]), Ok(()));
    let violation = built_in.check(&inputs, &[tree([0.1, 0.3, 0.2]), tree([0.1, 0.3, 0.0])]);
    let violation = violation.unwrap_err();
    assert_eq!((violation.tree, violation.lower, violation.upper), (1, 0.1, 0.0));
    assert!(violation.to_string().contains("never falls as crisis_keywords rises"), "{violation}");
}

#[test]
fn the_other_direction_is_held_too() {
    let built_in = Constraints::built_in().unwrap();
    let inputs = [Feature::MoodMean7Day, Feature::CrisisLanguageRecencyDays];
    assert_eq!(built_in.check(&inputs, &[tree([0.0, 0.3, 0.2])]), Ok(()));
    assert!(built_in.check(&inputs, &[tree([0.0, 0.2, 0.3])]).is_err());
}

#[test]
fn inputs_without_a_constraint_are_free() {
    let built_in = Constraints::built_in().unwrap();
    let inputs = [Feature::MoodMean7Day, Feature::MoodMean30Day];
    assert_eq!(built_in.check(&inputs, &[tree([0.5, 0.1, -0.3])]), Ok(()));
}

#[test]
fn lightgbm_is_told_a_sign_for_each_input() {
    let inputs =
        [Feature::MoodMean7Day, Feature::CrisisKeywords, Feature::CrisisLanguageRecencyDays];
    assert_eq!(Constraints::built_in().unwrap().as_parameter(&inputs), "0,1,-1");
}

#[test]
fn a_table_that_is_none_says_what_is_wrong() {
    let row = "[[constraint]]\nfeature = \"crisis_keywords\"\nrisk = \"neverFalls\"\nwhy = \"…\"\n";
    let twice = Constraints::parse(&format!("version = \"x\"\n{row}{row}")).unwrap_err();
    assert!(matches!(twice, ConstraintsError::Twice(Feature::CrisisKeywords)), "{twice}");
    for (text, wrong) in [
        (row.replace("crisis_keywords", "crisis_words"), "crisis_words"),
        (row.replace("neverFalls", "falls"), "falls"),
    ] {
        let error = Constraints::parse(&format!("version = \"x\"\n{text}")).unwrap_err();
        assert!(error.to_string().contains(wrong), "{error}");
    }
}
