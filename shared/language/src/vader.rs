//! VADER: the valence of a text by a lexicon and rules.
//!
//! C.J. Hutto & E.E. Gilbert (2014), *VADER: A Parsimonious Rule-based Model for Sentiment Analysis
//! of Social Media Text*, ICWSM-14. Each word of the lexicon has a valence from -4 to 4, the mean of ten
//! people's ratings. Rules on the words around it (degree, negation, capitals, idioms) change it,
//! and the sum over the text becomes the compound score from -1 to 1.
//!
//! This gives what the authors' own program gives (`vaderSentiment` 3.3.2), quirks too, so that any
//! difference is a fault of ours: `tests/sentiment/agree.py` compares the two. Where the program is not what
//! the paper says, the rule that it concerns says so.
//!
//! [`lexicon`] holds the data, [`words`] cuts a text up, [`valence`] has the rules for one word,
//! [`score`] those for the text, and [`label`] makes four scores of it, as other analysers give.
//! [`scope`] says which texts there is no score for.

mod label;
mod lexicon;
mod scope;
mod score;
mod valence;
mod words;

use mindmate_domain::app::Sentiment;

pub use self::lexicon::VaderError;
use self::lexicon::VaderLexicon;
pub use self::scope::NoScore;
use self::words::Words;

/// What VADER finds in a text.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Polarity {
    /// The whole text's valence, from -1 (most negative) to 1.
    pub compound: f64,
    /// The share of the text that is positive. The three shares add up to 1; of a text
    /// without words all are 0.
    pub positive: f64,
    /// The share that is negative.
    pub negative: f64,
    /// The share that is neither.
    pub neutral: f64,
}

impl Polarity {
    /// As the reference implementation gives it: the compound score to 4 decimals, shares to 3.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self {
            compound: self.rounded_compound(),
            positive: score::to_decimals(self.positive, 3),
            negative: score::to_decimals(self.negative, 3),
            neutral: score::to_decimals(self.neutral, 3),
        }
    }

    /// The label and the four scores: with a compound score of at least 0.05, or at most -0.05, as
    /// the reference implementation rounds it, positive or negative is the strongest. Else neutral
    /// is, or mixed where words of both sides make up most of the text.
    #[must_use]
    pub fn sentiment(self) -> Sentiment {
        label::of(self)
    }

    fn rounded_compound(self) -> f64 {
        score::to_decimals(self.compound, 4)
    }
}

/// The analyser, built once and shared by reference. It knows English only.
pub struct Vader {
    lexicon: VaderLexicon,
}

impl Vader {
    /// Builds it from the lexicon that is compiled in.
    ///
    /// # Errors
    /// Where a data file does not keep to its format; the tests read them all.
    pub fn built_in() -> Result<Self, VaderError> {
        Ok(Self { lexicon: VaderLexicon::built_in()? })
    }

    /// Which analyser it is, for the record of a sentiment: that of the reference and its version.
    pub const NAME: &str = "vader-3.3.2";

    /// Weighs a text in the language of a locale (`en`, `en-GB`, `en_GB`); without one: English.
    ///
    /// # Errors
    /// Where it cannot read the text. No score is made up: neutral would be one.
    pub fn read(&self, text: &str, locale: Option<&str>) -> Result<Polarity, NoScore> {
        scope::check(text, locale)?;
        Ok(self.polarity(text))
    }

    /// Weighs a text, as it is: nothing is normalised first, and whatever its language.
    pub fn polarity(&self, text: &str) -> Polarity {
        let spoken = self.lexicon.spell_out_emoji(text);
        let words = Words::of(&spoken, &self.lexicon);
        let mut valences: Vec<f64> = (0..words.len()).map(|at| valence::at(&words, at)).collect();
        score::weigh_around_but(&words, &mut valences);
        score::of(&valences, score::emphasis(&spoken))
    }
}
