//! The phrase banks. All of it was written for this crate; nobody's words are in it.
//!
//! Templates hold slots: `{who}` a person, `{what}` a thing of daily life as a noun phrase, `{when}`
//! a time as an adverb, `{pet}` the companion's name. Explicit crisis language is in one list of its
//! own, without any method, so that it can be given out rarely and be named in the truth.

use crate::truth::Language;

mod en;
mod es;

/// The phrases of a language.
pub(crate) struct Bank {
    /// Deep, low, middle, good, great.
    pub(crate) bands: [Phrases; 5],
    /// Explicit crisis language.
    pub(crate) explicit: &'static [&'static str],
    /// Talk that only sounds like it.
    pub(crate) idioms: &'static [&'static str],
    /// How a message begins.
    pub(crate) greetings: &'static [&'static str],
    /// Fills `{who}`.
    pub(crate) who: &'static [&'static str],
    /// Fills `{what}`.
    pub(crate) what: &'static [&'static str],
    /// Fills `{when}`.
    pub(crate) when: &'static [&'static str],
}

/// The phrases of a mood band.
pub(crate) struct Phrases {
    /// What a note or message says.
    pub(crate) statements: &'static [&'static str],
    /// A second, short sentence.
    pub(crate) tails: &'static [&'static str],
    /// What is asked of the companion.
    pub(crate) asks: &'static [&'static str],
    /// What the companion answers.
    pub(crate) replies: &'static [&'static str],
}

impl Bank {
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &en::BANK,
            Language::Spanish => &es::BANK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bank: &Bank) -> Vec<&'static str> {
        let bands = bank.bands.iter().flat_map(|band| {
            [band.statements, band.tails, band.asks, band.replies].into_iter().flatten()
        });
        let others = [bank.explicit, bank.idioms, bank.greetings].into_iter().flatten();
        bands.chain(others).copied().collect()
    }

    #[test]
    fn templates_name_only_known_slots() {
        for template in
            [Language::English, Language::Spanish].map(Bank::of).into_iter().flat_map(all)
        {
            let mut plain = template.to_owned();
            for slot in ["{who}", "{what}", "{when}", "{pet}"] {
                plain = plain.replace(slot, "");
            }
            assert!(!plain.contains(['{', '}']), "{template}");
        }
    }

    #[test]
    fn no_phrase_stands_in_a_bank_twice() {
        for bank in [Language::English, Language::Spanish].map(Bank::of) {
            let mut phrases = all(bank);
            phrases.sort_unstable();
            let twice = phrases.windows(2).find(|pair| pair[0] == pair[1]);
            assert_eq!(twice, None);
        }
    }

    #[test]
    fn no_list_is_empty() {
        for bank in [Language::English, Language::Spanish].map(Bank::of) {
            assert!(bank.bands.iter().all(|band| {
                [band.statements, band.tails, band.asks, band.replies]
                    .iter()
                    .all(|list| list.len() >= 4)
            }));
            for list in [bank.explicit, bank.idioms, bank.greetings, bank.who, bank.what, bank.when]
            {
                assert!(list.len() >= 4);
            }
        }
    }
}
