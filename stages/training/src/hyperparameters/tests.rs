use serde_json::{Value, json};

use super::{HyperparameterError, Hyperparameters, KNOWN};

/// R3.3
#[test]
fn two_hundred_balanced_trees_of_depth_ten_are_the_default() {
    let default = Hyperparameters::default();
    assert_eq!((default.trees, default.depth, default.leaves), (200, 10, 31));
    assert!(default.balanced);
}

#[test]
fn every_one_that_is_known_can_be_set_to_its_default_and_stands_in_the_record() {
    let mut again = Hyperparameters::default();
    let record = serde_json::to_value(&again).unwrap();
    assert_eq!(record.as_object().unwrap().len(), KNOWN.len());
    for known in KNOWN {
        again.set(known.name, &record[known.name].to_string()).unwrap();
    }
    assert_eq!(again, Hyperparameters::default());
}

/// SageMaker's file has text for every value.
#[test]
fn text_is_read_as_what_it_says() {
    let mut found = Hyperparameters::default();
    found.take_json(br#"{"trees": "50", "balanced": "false", "learningRate": "0.1"}"#).unwrap();
    let mut expected = Hyperparameters::default();
    let json = json!({"trees": 50, "balanced": false, "learningRate": 0.1});
    expected.take_json(json.to_string().as_bytes()).unwrap();
    assert_eq!(found, expected);
    assert_eq!(found.trees, 50);
}

#[test]
fn what_is_wrong_is_named_with_what_would_be_right() {
    let mut found = Hyperparameters::default();
    let unknown = found.set("n_estimators", "200").unwrap_err();
    assert!(unknown.to_string().contains("trees, depth"), "{unknown}");
    for (name, text) in [
        ("trees", "0"),
        ("trees", "2.5"),
        ("seed", "-1"),
        ("learningRate", "NaN"),
        ("forestRows", "1"),
        ("balanced", "yes"),
    ] {
        let error = found.set(name, text).unwrap_err();
        let words = error.to_string();
        assert!(words.contains(name) && words.contains(text) && words.contains("from"), "{words}");
    }
    assert_eq!(found, Hyperparameters::default());
    for text in ["", "[]", "7"] {
        let error = found.take_json(text.as_bytes()).unwrap_err();
        assert!(matches!(error, HyperparameterError::NoObject(_)), "{text}: {error}");
    }
    let nested = json!({"trees": Value::Null}).to_string();
    assert!(found.take_json(nested.as_bytes()).is_err());
}
