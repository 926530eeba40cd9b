//! The examples of VADER's authors, and texts that no analyser likes. The whole of the authors' corpora
//! is compared by `tests/sentiment/agree.py`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::float_cmp, reason = "both are rounded to the same decimals")]

use mindmate_language::{Polarity, Vader};

fn read(text: &str) -> Polarity {
    Vader::built_in().unwrap().polarity(text).rounded()
}

/// From the README of `vaderSentiment` 3.3.2.
#[test]
fn the_authors_examples_have_the_authors_scores() {
    for (text, compound) in [
        ("VADER is smart, handsome, and funny.", 0.8316),
        ("VADER is smart, handsome, and funny!", 0.8439),
        ("VADER is very smart, handsome, and funny.", 0.8545),
        ("VADER is VERY SMART, handsome, and FUNNY.", 0.9227),
        ("VADER is VERY SMART, handsome, and FUNNY!!!", 0.9342),
        ("VADER is VERY SMART, uber handsome, and FRIGGIN FUNNY!!!", 0.9469),
        ("VADER is not smart, handsome, nor funny.", -0.7424),
        ("The book was good.", 0.4404),
        ("At least it isn't a horrible book.", 0.431),
        ("The book was only kind of good.", 0.3832),
        (
            "The plot was good, but the characters are uncompelling and the dialog is not great.",
            -0.7042,
        ),
        ("Today SUX!", -0.5461),
        ("Today only kinda sux! But I'll get by, lol", 0.5249),
        ("Make sure you :) or :D today!", 0.8633),
        ("Catch utf-8 emoji such as 💘 and 💋 and 😁", 0.875),
        ("Not bad at all", 0.431),
    ] {
        assert_eq!(read(text).compound, compound, "{text}");
    }
    let shares = read("VADER is smart, handsome, and funny.");
    assert_eq!((shares.positive, shares.negative, shares.neutral), (0.746, 0.0, 0.254));
}

#[test]
fn texts_without_words_have_no_scores_and_long_ones_are_read() {
    for text in ["", " ", "\n\t"] {
        assert_eq!(read(text), Polarity::default(), "{text:?}");
    }
    let long = "I am so happy but terribly sad. ".repeat(3_200);
    let found = read(&long);
    assert!(found.compound.abs() <= 1.0 && found.neutral > 0.0, "{found:?}");
}
