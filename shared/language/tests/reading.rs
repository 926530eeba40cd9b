//! What reading a text finds, and what holds for any text.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use mindmate_language::{Lexicons, TextFacts, normalise};
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

static LEXICONS: LazyLock<Lexicons> =
    LazyLock::new(|| Lexicons::built_in().expect("the built-in lexicons are well formed"));

fn read(locale: &str, text: &str) -> TextFacts {
    LEXICONS.for_locale(Some(locale)).expect("has lists").read(text)
}

#[test]
fn the_locale_chooses_the_lists() {
    for (locale, code) in [
        (None, Some("en")),
        (Some("en"), Some("en")),
        (Some("en-US"), Some("en")),
        (Some("es_MX.UTF-8"), Some("es")),
        (Some("ES-ar"), Some("es")),
        (Some("de-DE"), None),
        (Some("eng"), None),
        (Some(""), None),
    ] {
        let found = LEXICONS.for_locale(locale).map(|language| language.code().to_owned());
        assert_eq!(found.as_deref(), code, "{locale:?}");
    }
    assert_eq!(LEXICONS.version(), "lexicons-2");
}

#[test]
fn counts_words_of_each_kind() {
    let facts = read("en", "I'm sad. My whole day was terrible, I'll never smile!");
    assert_eq!(facts.words, 10);
    assert_eq!(facts.negative_words, 2); // sad, terrible
    assert_eq!(facts.first_person_words, 3); // I'm, my, I'll
    assert_eq!(facts.absolutist_words, 2); // whole, never
    assert_eq!((facts.despair_hits, facts.isolation_hits), (0, 0));
    assert_eq!(facts.crisis, None);

    let facts = read("es", "Estoy triste y mi día fue horrible, yo nunca descanso");
    assert_eq!(facts.words, 10);
    assert_eq!(facts.negative_words, 2); // triste, horrible
    assert_eq!(facts.first_person_words, 2); // mi, yo
    assert_eq!(facts.absolutist_words, 1); // nunca
}

#[test]
fn the_other_language_counts_for_crisis_only() {
    let facts = read("es", "I am sad and lonely, I want to die");
    assert_eq!((facts.negative_words, facts.isolation_hits), (0, 0));
    assert!(facts.crisis.is_some());
}

#[test]
fn counts_occurrences_of_despair_and_isolation() {
    let facts = read("en", "Hopeless. I feel hopeless and lonely, nobody cares, so alone");
    assert_eq!((facts.despair_hits, facts.isolation_hits), (2, 3));
    let facts = read("es", "Estoy desesperada y me siento muy sola, no puedo más");
    assert_eq!((facts.despair_hits, facts.isolation_hits), (2, 1));
}

#[test]
fn phrases_that_share_words_count_once() {
    assert_eq!(read("en", "I feel so alone").isolation_hits, 1);
    assert_eq!(read("en", "there is nobody to talk to").isolation_hits, 1);
}

#[test]
fn words_are_matched_whole() {
    let facts = read("en", "The unsadness of Imelda, overall mystic");
    assert_eq!(
        facts,
        TextFacts { words: 6, ..TextFacts::default() },
        "sad, I'm, all and my lie inside other words"
    );
}

#[test]
fn knows_who_asks_for_help() {
    for (locale, text, expected) in [
        ("en", "can someone help me please", true),
        ("en", "I think I need to talk to somebody", true),
        ("en", "I booked a therapist for Monday", true),
        ("en", "I don't need help", false),
        ("en", "the weather was helpful", false),
        ("es", "necesito ayuda", true),
        ("es", "quiero hablar con alguien, ayúdame", true),
        ("es", "no necesito ayuda", false),
        ("es", "ayudé a mi madre", false),
    ] {
        assert_eq!(read(locale, text).seeks_help(), expected, "{text}");
    }
}

#[test]
fn counts_phrases_that_ask_for_help_unless_all_are_negated() {
    for (text, expected) in [
        ("Help me. Please help me, I need to talk to someone", 3),
        ("I don't need help", 0),
        ("the weather was helpful", 0),
    ] {
        assert_eq!(read("en", text).help_hits, expected, "{text}");
    }
}

#[test]
fn curly_apostrophes_and_capitals_make_no_difference() {
    let plain = read("en", "i'm sure i don't want to live");
    assert_eq!(read("en", "I’m SURE I don’t want to LIVE"), plain);
    assert_eq!(read("en", "Iʼm sure I don‘t want to live"), plain);
    assert!(plain.crisis.is_some());
}

#[test]
fn nothing_is_found_in_texts_without_words() {
    for text in ["", " \n\t", "🙂🌧️👩‍👩‍👧‍👦🏳️‍🌈", "... !? —", "\u{200B}\u{FEFF}"]
    {
        assert_eq!(read("en", text), TextFacts::default(), "{text:?}");
    }
}

#[test]
fn a_very_long_text_is_read_to_its_end() {
    let mut text = "a sad day, ".repeat(10_000);
    text.push_str("I want to die");
    let facts = read("en", &text);
    assert_eq!(facts.words, 30_004);
    assert_eq!(facts.negative_words, 10_001);
    assert!(facts.crisis.is_some());
}

#[test]
fn normalising_does_what_the_design_says() {
    assert_eq!(normalise("Ｆｕｌｌ ﬁne"), "full fine");
    assert_eq!(normalise("I’m, Iʼm, I‘m"), "i'm, i'm, i'm");
    assert_eq!(normalise("Straße"), "strasse");
    assert_eq!(normalise("a\u{200B}b\u{200C}c\u{200D}d\u{2060}e\u{FEFF}f\u{180E}g"), "abcdefg");
    assert_eq!(normalise("e\u{200D}\u{301}"), "é", "an invisible character parts no accent");
    assert!(matches!(normalise("plain text"), std::borrow::Cow::Borrowed(_)));
}

const CRISIS: [&str; 8] = [
    "I want to die",
    "im going to kill myself",
    "I don't want to live anymore",
    "kms",
    "quiero morir",
    "no quiero vivir",
    "voy a suicidarme",
    "I cut myself again",
];

const INVISIBLE: [char; 7] =
    ['\u{200B}', '\u{200C}', '\u{200D}', '\u{2060}', '\u{FEFF}', '\u{180E}', '\u{AD}'];

fn invisible() -> impl Strategy<Value = char> {
    prop::sample::select(&INVISIBLE[..])
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>()) {
        let facts = read("en", &text);
        prop_assert!(facts.negative_words <= facts.words);
        prop_assert_eq!(facts.crisis, LEXICONS.crisis(&text));
    }

    #[test]
    fn normalising_twice_changes_nothing(text in any::<String>()) {
        let once = normalise(&text).into_owned();
        prop_assert_eq!(normalise(&once), once.as_str());
    }

    #[test]
    fn normalising_letters_of_many_scripts_twice_changes_nothing(
        text in "[\\p{Latin}\\p{Greek}\\p{Cherokee}\\p{M}\\p{Lt}\\p{Hangul}\u{200B}-\u{200D}\u{2019}İıſß]{0,24}",
    ) {
        let once = normalise(&text).into_owned();
        prop_assert_eq!(normalise(&once), once.as_str());
    }

    #[test]
    fn counts_the_words_of_the_segmentation_standard(text in any::<String>()) {
        let normal = normalise(&text);
        let expected = normal
            .split_word_bounds()
            .filter(|word| word.chars().any(char::is_alphanumeric))
            .count();
        prop_assert_eq!(read("en", &text).words as usize, expected);
    }

    #[test]
    fn ascii_is_read_like_any_other_text(text in "[ -~\n]{0,80}") {
        // A letter that is not ASCII, after a full stop, takes the general path.
        let general = read("en", &format!("{text} \n. é"));
        let fast = read("en", &format!("{text} \n. q"));
        prop_assert_eq!(fast, general);
    }

    #[test]
    fn words_around_it_that_say_nothing_hide_no_crisis_language(
        text in prop::sample::select(&CRISIS[..]),
        before in "[bcdfg]{4,7}",
        after in "[bcdfg]{4,7}",
    ) {
        let wrapped = format!("{before}. {text}, {after}");
        prop_assert_eq!(LEXICONS.crisis(&wrapped), LEXICONS.crisis(text));
    }

    #[test]
    fn invisible_characters_hide_no_crisis_language(
        text in prop::sample::select(&CRISIS[..]),
        inserted in prop::collection::vec((any::<prop::sample::Index>(), invisible()), 1..6),
    ) {
        let mut hidden: Vec<char> = text.chars().collect();
        for (index, c) in inserted {
            hidden.insert(index.index(hidden.len() + 1), c);
        }
        let hidden: String = hidden.into_iter().collect();
        prop_assert_eq!(LEXICONS.crisis(&hidden), LEXICONS.crisis(text), "{:?}", hidden);
    }

    #[test]
    fn capitals_and_full_width_letters_hide_no_crisis_language(
        text in prop::sample::select(&CRISIS[..]),
        changed in prop::collection::vec(0_u8..3, 32),
    ) {
        let hidden: String = text
            .chars()
            .zip(changed.iter().cycle())
            .map(|(c, how)| match how {
                1 => c.to_ascii_uppercase(),
                2 if c.is_ascii_alphabetic() => {
                    char::from_u32(u32::from(c) + 0xFEE0).expect("a full-width letter")
                }
                _ => c,
            })
            .collect();
        prop_assert_eq!(LEXICONS.crisis(&hidden), LEXICONS.crisis(text), "{:?}", hidden);
    }
}
