//! Holds the crisis benchmark where it is: what was found once stays found, and no more false alarms
//! come than are known of. A change that finds more raises the floors here and the tables in
//! `docs/CRISIS_BENCHMARK.md`; one that finds less has to be argued for.

#[path = "../benchmark/mod.rs"]
mod benchmark;

use mindmate_domain::crisis::CrisisCategory::{
    self, ActiveIdeation, PassiveIdeation, PlanIntentMeans, SelfHarm,
};
use mindmate_language::Lexicons;

use benchmark::corpus::{self, CORPORA};
use benchmark::score::{Scored, Share, score};
use benchmark::table::Tables;

/// What a corpus is held to.
struct Floors {
    corpus: &'static str,
    texts: usize,
    /// By category: how many there are, how many are found at least, and how many of these at
    /// least as no less acute than they are.
    found: [(CrisisCategory, u32, u32, u32); 4],
    /// By kind of the texts that are no crisis: how many there are, and how many may be found.
    false_alarms: &'static [(&'static str, u32, u32)],
}

/// The figures of lexicons-2, for which all corpora have been seen: none of them is blind any more.
const FLOORS: [Floors; 4] = [
    Floors {
        corpus: "blind-1",
        texts: 491,
        found: [
            (PlanIntentMeans, 56, 56, 55),
            (ActiveIdeation, 57, 57, 57),
            (SelfHarm, 51, 51, 51),
            (PassiveIdeation, 49, 49, 49),
        ],
        false_alarms: &[
            ("apostrophe", 8, 0),
            ("daily", 66, 0),
            ("game", 29, 1),
            ("idiom", 38, 1),
            ("indirect", 7, 1),
            ("negation", 27, 6),
            ("past", 25, 13),
            ("plain", 3, 0),
            ("retraction", 4, 0),
            ("slang", 8, 0),
            ("song", 28, 1),
            ("thirdPerson", 28, 10),
            ("typo", 7, 0),
        ],
    },
    Floors {
        corpus: "sighted-1",
        texts: 531,
        found: [
            (PlanIntentMeans, 113, 113, 113),
            (ActiveIdeation, 93, 93, 91),
            (SelfHarm, 66, 64, 64),
            (PassiveIdeation, 90, 90, 90),
        ],
        false_alarms: &[
            ("apostrophe", 2, 0),
            ("daily", 91, 1),
            ("game", 8, 0),
            ("idiom", 20, 0),
            ("indirect", 2, 0),
            ("negation", 11, 1),
            ("past", 6, 5),
            ("retraction", 3, 3),
            ("slang", 4, 0),
            ("song", 9, 1),
            ("thirdPerson", 9, 4),
            ("typo", 4, 0),
        ],
    },
    Floors {
        corpus: "held-out-1",
        texts: 210,
        found: [
            (PlanIntentMeans, 40, 34, 34),
            (ActiveIdeation, 39, 38, 38),
            (SelfHarm, 29, 28, 28),
            (PassiveIdeation, 31, 30, 30),
        ],
        false_alarms: &[
            ("daily", 21, 3),
            ("game", 6, 2),
            ("idiom", 13, 5),
            ("negation", 5, 0),
            ("past", 4, 4),
            ("retraction", 2, 0),
            ("slang", 4, 1),
            ("song", 6, 1),
            ("thirdPerson", 7, 3),
            ("typo", 3, 0),
        ],
    },
    Floors {
        corpus: "held-out-2",
        texts: 75,
        found: [
            (PlanIntentMeans, 15, 10, 9),
            (ActiveIdeation, 13, 10, 10),
            (SelfHarm, 10, 6, 6),
            (PassiveIdeation, 12, 9, 9),
        ],
        false_alarms: &[
            ("daily", 9, 0),
            ("game", 2, 0),
            ("idiom", 4, 0),
            ("negation", 2, 0),
            ("past", 2, 1),
            ("retraction", 1, 0),
            ("song", 2, 0),
            ("thirdPerson", 3, 1),
        ],
    },
];

#[test]
fn finds_no_less_and_alarms_no_more_than_before() {
    let lexicons = Lexicons::built_in().expect("the built-in lexicons are well formed");
    let mut behind = Vec::new();
    for floors in FLOORS {
        let (_, file) =
            CORPORA.iter().find(|(name, _)| *name == floors.corpus).expect("the corpus exists");
        let texts = corpus::read(file).expect("the corpus is well formed");
        assert_eq!(texts.len(), floors.texts, "{}", floors.corpus);
        let scored = score(&lexicons, texts);
        floors.check(&scored, &mut behind);
        // The tables are made of the same figures; they have a row for each category and language.
        assert!(Tables(&scored).to_string().contains("| **all** | both |"));
    }
    assert!(behind.is_empty(), "{}", behind.join("\n"));
}

#[test]
fn every_corpus_has_floors_and_every_text_its_own_name() {
    let mut names = std::collections::BTreeSet::new();
    for (name, file) in CORPORA {
        assert!(FLOORS.iter().any(|floors| floors.corpus == name), "{name} has no floors");
        for text in corpus::read(file).expect("the corpus is well formed") {
            assert!(names.insert(text.id), "{} is there twice", text.id);
        }
    }
}

#[test]
fn intervals_are_those_of_wilson() {
    // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I.
    for (some, of, low, high) in
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]
    {
        let (found_low, found_high) = Share { some, of }.interval();
        assert!((found_low - low).abs() < 5e-5 && (found_high - high).abs() < 5e-5, "{some}/{of}");
    }
}

impl Floors {
    fn check(&self, scored: &[Scored], behind: &mut Vec<String>) {
        for (category, texts, found, acute) in self.found {
            let its = |one: &Scored| one.text.category == Some(category);
            let shares = [
                ("found", found, Share::of(scored, its, Scored::is_found)),
                ("as acute", acute, Share::of(scored, its, Scored::is_as_acute)),
            ];
            for (what, floor, share) in shares {
                assert_eq!(share.of, texts, "{}: {category:?}", self.corpus);
                if share.some < floor {
                    let some = share.some;
                    behind
                        .push(format!("{}: {category:?} {what} {some}, not {floor}", self.corpus));
                }
            }
        }
        let none = |one: &Scored| one.text.category.is_none();
        let of_all_kinds: u32 = self.false_alarms.iter().map(|(_, texts, _)| texts).sum();
        assert_eq!(Share::of(scored, none, none).of, of_all_kinds, "{}", self.corpus);
        for &(kind, texts, ceiling) in self.false_alarms {
            let its = |one: &Scored| none(one) && one.text.kind == kind;
            let share = Share::of(scored, its, Scored::is_found);
            assert_eq!(share.of, texts, "{}: {kind}", self.corpus);
            if share.some > ceiling {
                let some = share.some;
                behind
                    .push(format!("{}: {some} false alarms of {kind}, not {ceiling}", self.corpus));
            }
        }
    }
}
