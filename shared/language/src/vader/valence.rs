//! The rules on one word and those around it.

use super::lexicon::LESS;
use super::words::{Word, Words};

/// What capitals add among words that have none, away from 0. Measured by the authors.
const CAPITALS: f64 = 0.733;

/// What a negation makes of a valence. Measured by the authors.
const NEGATED: f64 = -0.74;

/// What "never so" and the like make of it: they stress ("never so happy").
const STRESSED: f64 = 1.25;

/// How much of its effect a word of degree has one, two and three places before the word.
const REACH: [f64; 3] = [1.0, 0.95, 0.9];

/// How far before a word idioms are looked for, and from how many words before it on.
const FURTHEST: usize = REACH.len();

/// Phrases with a word of the lexicon that mean something of their own.
const IDIOMS: &[(&[&str], f64)] = &[
    (&["the", "shit"], 3.0),
    (&["the", "bomb"], 3.0),
    (&["bad", "ass"], 1.5),
    (&["bus", "stop"], 0.0),
    (&["yeah", "right"], -2.0),
    (&["kiss", "of", "death"], -1.5),
    (&["to", "die", "for"], 3.0),
    (&["beating", "heart"], 3.5),
];

/// Dampeners of two words.
const TWO_WORD_DAMPENERS: [&[&str]; 3] = [&["just", "enough"], &["kind", "of"], &["sort", "of"]];

/// The valence of the word at a place, 0 where it has none.
pub(super) fn at(words: &Words, at: usize) -> f64 {
    let Some(word) = words.get(at) else { return 0.0 };
    let Some(base) = word.sense.valence.filter(|_| !only_changes_others(words, at, word)) else {
        return 0.0;
    };
    let mut valence = after_no(words, at, word, base);
    if word.shouted && words.some_are_shouted {
        valence = away_from_zero(valence, CAPITALS);
    }
    for (distance, reach) in (1..).zip(REACH) {
        let Some(before) = words.before(at, distance) else { break };
        if before.sense.valence.is_some() {
            continue;
        }
        valence += degree(words, before, valence) * reach;
        valence *= negation(words, at, distance);
        if distance == FURTHEST {
            valence = idiom(words, at, valence);
        }
    }
    valence * least(words, at)
}

/// Words of degree, and the "kind" of "kind of", have no valence of their own.
fn only_changes_others(words: &Words, at: usize, word: &Word) -> bool {
    let next_is_of = || words.get(at + 1).is_some_and(|next| next.lower == "of");
    word.sense.degree != 0.0 || (word.lower == "kind" && next_is_of())
}

/// "No" has a valence where it stands alone ("no, thanks"). Before a word of the lexicon it has
/// none and negates ("no fun"), up to three places on.
fn after_no(words: &Words, at: usize, word: &Word, base: f64) -> f64 {
    let near = words.is_before(at, 1, "no") || words.is_before(at, 2, "no");
    let linked = || words.is_before(at, 1, "or") || words.is_before(at, 1, "nor");
    if near || (words.is_before(at, 3, "no") && linked()) {
        return base * NEGATED;
    }
    let next_has_valence = || words.get(at + 1).is_some_and(|next| next.sense.valence.is_some());
    if word.lower == "no" && next_has_valence() { 0.0 } else { base }
}

/// What a word of degree adds to a valence that follows.
fn degree(words: &Words, before: &Word, valence: f64) -> f64 {
    let degree = before.sense.degree;
    if degree == 0.0 {
        return 0.0;
    }
    let signed = if valence < 0.0 { -degree } else { degree };
    match before.shouted && words.some_are_shouted {
        true if valence > 0.0 => signed + CAPITALS,
        true => signed - CAPITALS,
        false => signed,
    }
}

/// What the word so many places before makes of a valence by negating it: a factor.
fn negation(words: &Words, at: usize, distance: usize) -> f64 {
    let so_or_this = |place| words.is_before(at, place, "so") || words.is_before(at, place, "this");
    let is = |lower| words.is_before(at, distance, lower);
    let doubt = |place| words.is_before(at, place, "doubt");
    let (stressed, no_doubt) = match distance {
        1 => (false, false),
        2 => (is("never") && so_or_this(1), is("without") && doubt(1)),
        // As the reference implementation has it: "so" or "this" right before the word stresses
        // it even where no "never" stands before.
        _ => (
            (is("never") && so_or_this(2)) || so_or_this(1),
            is("without") && (doubt(2) || doubt(1)),
        ),
    };
    if stressed {
        STRESSED
    } else if !no_doubt && words.before(at, distance).is_some_and(|word| word.sense.negates) {
        NEGATED
    } else {
        1.0
    }
}

/// The valence of an idiom that the word is in, or that goes before it, instead of its own; and
/// less where a dampener of two words goes before.
fn idiom(words: &Words, at: usize, valence: f64) -> f64 {
    // Where each begins, counted back from the word, and its length. The first that is an idiom counts.
    const BEFORE: [(usize, usize); 5] = [(1, 2), (2, 3), (2, 2), (3, 3), (3, 2)];
    // The last that is one counts.
    const AFTER: [usize; 2] = [2, 3];
    let idiom_at = |(distance, length): (usize, usize)| {
        IDIOMS
            .iter()
            .find(|(phrase, _)| phrase.len() == length && words.phrase_before(at, distance, phrase))
            .map(|(_, valence)| *valence)
    };
    let mut valence = BEFORE.into_iter().find_map(idiom_at).unwrap_or(valence);
    for length in AFTER {
        valence = idiom_at((0, length)).unwrap_or(valence);
    }
    for distance in [3, 2] {
        if TWO_WORD_DAMPENERS.iter().any(|phrase| words.phrase_before(at, distance, phrase)) {
            valence += LESS;
        }
    }
    valence
}

/// "Least" negates ("least happy"), but not in "at least" and "very least": a factor.
fn least(words: &Words, at: usize) -> f64 {
    let excused = words.is_before(at, 2, "at") || words.is_before(at, 2, "very");
    if words.is_before(at, 1, "least") && !excused { NEGATED } else { 1.0 }
}

fn away_from_zero(valence: f64, by: f64) -> f64 {
    if valence > 0.0 { valence + by } else { valence - by }
}
