//! Counts the hits that are looked at, so that a test can hold reading to the length of a text.

use std::cell::Cell;

use crate::Lexicons;

thread_local! {
    static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
}

/// Adds the hits of a window.
pub(super) fn add(hits: usize) {
    LOOKED_AT.with(|all| all.set(all.get() + hits));
}

/// How many hits are looked at to read a text.
fn looked_at(lexicons: &Lexicons, text: &str) -> usize {
    LOOKED_AT.with(|all| all.set(0));
    let _category = lexicons.crisis(text);
    LOOKED_AT.with(Cell::get)
}

#[test]
fn twice_the_text_is_twice_the_work() {
    let lexicons = Lexicons::built_in().unwrap();
    for sentence in [
        "I don't want to die, but I do not know. ",
        "my friend is suicidal and I never wanted to kill myself so ",
        "No quiero morir. Mi amiga quiere morir y yo no quiero vivir. ",
        "the rope the pills my arms I thought of the blade ",
    ] {
        let [once, twice] = [400, 800].map(|count| looked_at(&lexicons, &sentence.repeat(count)));
        // What is looked at where the text begins and ends may differ.
        assert!(once > 0 && twice <= 2 * once + 100, "{once} hits, then {twice}: {sentence}");
    }
}
