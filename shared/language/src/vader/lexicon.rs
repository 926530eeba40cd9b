//! VADER's lexicon and its lists of words that change other words.

use std::borrow::Cow;
use std::collections::HashMap;

/// Why the lexicon cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaderError {
    /// A line is not as the format wants it.
    #[error("`{file}`, line {line}: expected {expected}")]
    Line {
        /// The file.
        file: &'static str,
        /// Counted from 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
    },
}

/// How much a word of degree adds to the valence that follows it ("very"), away from 0. Measured by the authors.
const MORE: f64 = 0.293;

/// How much one takes away ("slightly").
pub(super) const LESS: f64 = -0.293;

const BOOSTERS: &[&str] = &[
    "absolutely",
    "amazingly",
    "awfully",
    "completely",
    "considerable",
    "considerably",
    "decidedly",
    "deeply",
    "effing",
    "enormous",
    "enormously",
    "entirely",
    "especially",
    "exceptional",
    "exceptionally",
    "extreme",
    "extremely",
    "fabulously",
    "flippin",
    "flipping",
    "frackin",
    "fracking",
    "frickin",
    "fricking",
    "friggin",
    "frigging",
    "fuckin",
    "fucking",
    "fuggin",
    "fugging",
    "fully",
    "greatly",
    "hella",
    "highly",
    "hugely",
    "incredible",
    "incredibly",
    "intensely",
    "major",
    "majorly",
    "more",
    "most",
    "particularly",
    "purely",
    "quite",
    "really",
    "remarkably",
    "so",
    "substantially",
    "thoroughly",
    "total",
    "totally",
    "tremendous",
    "tremendously",
    "uber",
    "unbelievably",
    "unusually",
    "utter",
    "utterly",
    "very",
];

/// Those of two words are in [`super::valence`].
const DAMPENERS: &[&str] = &[
    "almost",
    "barely",
    "hardly",
    "kind-of",
    "kinda",
    "kindof",
    "less",
    "little",
    "marginal",
    "marginally",
    "occasional",
    "occasionally",
    "partly",
    "scarce",
    "scarcely",
    "slight",
    "slightly",
    "somewhat",
    "sort-of",
    "sorta",
    "sortof",
];

const NEGATIONS: &[&str] = &[
    "ain't",
    "aint",
    "aren't",
    "arent",
    "can't",
    "cannot",
    "cant",
    "couldn't",
    "couldnt",
    "daren't",
    "darent",
    "despite",
    "didn't",
    "didnt",
    "doesn't",
    "doesnt",
    "don't",
    "dont",
    "hadn't",
    "hadnt",
    "hasn't",
    "hasnt",
    "haven't",
    "havent",
    "isn't",
    "isnt",
    "mightn't",
    "mightnt",
    "mustn't",
    "mustnt",
    "needn't",
    "neednt",
    "neither",
    "never",
    "none",
    "nope",
    "nor",
    "not",
    "nothing",
    "nowhere",
    "oughtn't",
    "oughtnt",
    "rarely",
    "seldom",
    "shan't",
    "shant",
    "shouldn't",
    "shouldnt",
    "uh-uh",
    "uhuh",
    "wasn't",
    "wasnt",
    "weren't",
    "werent",
    "without",
    "won't",
    "wont",
    "wouldn't",
    "wouldnt",
];

/// What negates in any word that holds it.
const NEGATING_END: &str = "n't";

const LEXICON: (&str, &str) =
    ("en/vader-lexicon.tsv", include_str!("../../data/en/vader-lexicon.tsv"));
const EMOJI: (&str, &str) = ("en/vader-emoji.tsv", include_str!("../../data/en/vader-emoji.tsv"));

/// How a line begins that is for readers. No entry begins so.
const REMARK: &str = "# ";

/// What the lists say of a word.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sense {
    /// -4 to 4, of a word of the lexicon. Some of these are 0 or nearly.
    pub(super) valence: Option<f64>,
    /// What it adds to the valence of a word that follows; 0 of a word that is none of degree.
    pub(super) degree: f64,
    /// Whether it negates what follows.
    pub(super) negates: bool,
}

/// All lists by word, in lower case.
pub(super) struct VaderLexicon {
    senses: HashMap<&'static str, Sense>,
    emoji: HashMap<char, &'static str>,
}

impl VaderLexicon {
    pub(super) fn built_in() -> Result<Self, VaderError> {
        let mut senses: HashMap<&'static str, Sense> = HashMap::new();
        for entry in entries(LEXICON) {
            let Entry { key, value, fault } = entry?;
            let valence = value.parse().map_err(|_| fault("a number after the tab"))?;
            senses.entry(key).or_default().valence = Some(valence);
        }
        for (list, degree) in [(BOOSTERS, MORE), (DAMPENERS, LESS)] {
            for word in list {
                senses.entry(word).or_default().degree = degree;
            }
        }
        for word in NEGATIONS {
            senses.entry(word).or_default().negates = true;
        }
        let mut emoji = HashMap::new();
        for entry in entries(EMOJI) {
            let Entry { key, value, fault } = entry?;
            let mut chars = key.chars();
            let (Some(only), None) = (chars.next(), chars.next()) else {
                return Err(fault("one character before the tab"));
            };
            emoji.insert(only, value);
        }
        Ok(Self { senses, emoji })
    }

    /// What the lists say of a word in lower case.
    pub(super) fn sense(&self, lower: &str) -> Sense {
        let mut sense = self.senses.get(lower).copied().unwrap_or_default();
        sense.negates |= lower.contains(NEGATING_END);
        sense
    }

    /// The text with each emoji put in words, a blank before it. None after it: in the reference
    /// implementation a word that follows at once becomes part of the last one.
    pub(super) fn spell_out_emoji<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if text.is_ascii() || !text.chars().any(|c| self.emoji.contains_key(&c)) {
            return Cow::Borrowed(text);
        }
        let mut spoken = String::with_capacity(text.len() * 2);
        let mut after_blank = true;
        for c in text.chars() {
            if let Some(words) = self.emoji.get(&c) {
                if !after_blank {
                    spoken.push(' ');
                }
                spoken.push_str(words);
                after_blank = false;
            } else {
                spoken.push(c);
                after_blank = c == ' ';
            }
        }
        Cow::Owned(spoken)
    }
}

/// A line of a data file.
struct Entry<F: Fn(&'static str) -> VaderError> {
    key: &'static str,
    value: &'static str,
    /// Makes the error that the line is not as expected.
    fault: F,
}

/// The entries of a file: two columns with a tab between.
fn entries(
    (file, text): (&'static str, &'static str),
) -> impl Iterator<Item = Result<Entry<impl Fn(&'static str) -> VaderError>, VaderError>> {
    text.lines().enumerate().filter(|(_, line)| !line.starts_with(REMARK)).map(
        move |(index, line)| {
            let fault = move |expected| VaderError::Line { file, line: index + 1, expected };
            match line.split_once('\t') {
                Some((key, value)) => Ok(Entry { key, value, fault }),
                None => Err(fault("two columns with a tab between")),
            }
        },
    )
}
