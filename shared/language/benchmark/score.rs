//! What the lexicons find in a corpus, counted.

use mindmate_domain::crisis::CrisisCategory;
use mindmate_language::Lexicons;

use super::corpus::Labelled;

/// The 97.5th percentile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A text with what was found in it.
pub(crate) struct Scored {
    pub(crate) text: Labelled,
    pub(crate) found: Option<CrisisCategory>,
}

impl Scored {
    /// Whether crisis language was found, of whatever category.
    pub(crate) fn is_found(&self) -> bool {
        self.found.is_some()
    }

    /// Whether it was found, and as no less acute than it is.
    pub(crate) fn is_as_acute(&self) -> bool {
        self.is_found() && self.found >= self.text.category
    }
}

/// Reads each text of a corpus.
pub(crate) fn score(lexicons: &Lexicons, corpus: Vec<Labelled>) -> Vec<Scored> {
    let read = |text: Labelled| Scored { found: lexicons.crisis(text.text), text };
    corpus.into_iter().map(read).collect()
}

/// Some of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Share {
    pub(crate) some: u32,
    pub(crate) of: u32,
}

impl Share {
    /// Of the texts that are `counted`, those that are `hit`.
    pub(crate) fn of(
        scored: &[Scored],
        counted: impl Fn(&Scored) -> bool,
        hit: impl Fn(&Scored) -> bool,
    ) -> Self {
        scored.iter().filter(|one| counted(one)).fold(Self::default(), |share, one| Self {
            some: share.some + u32::from(hit(one)),
            of: share.of + 1,
        })
    }

    /// From 0 to 1; 0 of none.
    pub(crate) fn rate(self) -> f64 {
        f64::from(self.some) / f64::from(self.of.max(1))
    }

    /// The 95 % confidence interval of the rate (Wilson 1927, "Probable inference, the law of
    /// succession, and statistical inference", J. Am. Stat. Assoc. 22), from 0 to 1.
    pub(crate) fn interval(self) -> (f64, f64) {
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let n = f64::from(self.of);
        let rate = self.rate();
        let scale = 1.0 + Z * Z / n;
        let middle = rate + Z * Z / (2.0 * n);
        let reach = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
        (((middle - reach) / scale).max(0.0), ((middle + reach) / scale).min(1.0))
    }
}
