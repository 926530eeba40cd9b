//! All lexicons, and what they find in a text.

use std::borrow::Cow;

use mindmate_domain::crisis::CrisisCategory;

use crate::context::{Context, first_from};
use crate::lexicon_file::{self, Kind, LANGUAGES, LanguageIndex, LexiconError};
use crate::matcher::{Hit, Matcher};
use crate::misspelt::Misspelt;
use crate::normalise::normalise;
use crate::{disguise, form, words};

/// What was found in one text. It holds no word of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextFacts {
    /// UAX #29 words with a letter or a digit, of the normalised text.
    pub words: u32,
    /// Words of negative sentiment.
    pub negative_words: u32,
    /// Words in which the writer speaks of themselves.
    pub first_person_words: u32,
    /// Words that allow of no more or less.
    pub absolutist_words: u32,
    /// Occurrences of phrases of despair.
    pub despair_hits: u32,
    /// Occurrences of phrases of loneliness.
    pub isolation_hits: u32,
    /// Occurrences of phrases that ask for help; 0 where each of them is negated.
    pub help_hits: u32,
    /// The most acute crisis language, by the lists of all languages.
    pub crisis: Option<CrisisCategory>,
}

impl TextFacts {
    /// Whether the text asks for help.
    pub fn seeks_help(&self) -> bool {
        self.help_hits > 0
    }
}

/// A phrase of crisis language that was found in a text. It holds no word of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Its first word, counted from 0 in the normalised text.
    pub start: usize,
    /// The word after its last.
    pub end: usize,
    /// What the lists call it: `passiveIdeation`, `figurative`, `selfHarm`, `activeIdeation` or
    /// `planIntentMeans`.
    pub kind: &'static str,
}

fn marks_in(matcher: &Matcher, form: &str) -> Vec<Mark> {
    let hits = matcher.hits(form, |hit| hit.kind.category().is_some()).into_iter();
    hits.filter_map(|Hit { start, end, kind, .. }| Some(Mark { start, end, kind: kind.name()? }))
        .collect()
}

/// The lexicons of all languages, built once and shared by reference.
pub struct Lexicons {
    /// Over all lists.
    plain: Matcher,
    /// Over the lists that bear on crisis language, spelled as [`disguise::lift`] spells.
    lifted: Matcher,
    misspelt: Misspelt,
}

impl Lexicons {
    /// Builds the lexicons that are compiled in.
    ///
    /// # Errors
    /// Where a data file does not keep to its format; the tests read them all.
    pub fn built_in() -> Result<Self, LexiconError> {
        let entries = lexicon_file::built_in()?;
        let on_crisis = entries.iter().filter(|entry| entry.kind.bears_on_crisis());
        let plain = Matcher::new(entries.iter(), str::to_owned)?;
        let lifted = Matcher::new(on_crisis, disguise::lift)?;
        let misspelt = Misspelt::built_in(|word| plain.knows(word))?;
        Ok(Self { plain, lifted, misspelt })
    }

    /// The lists for a locale (`es`, `es-MX`, `es_MX`), or `None` where there are none for its
    /// language. Without a locale: English.
    pub fn for_locale(&self, locale: Option<&str>) -> Option<Language<'_>> {
        let index = language_of(locale)?;
        Some(Language { lexicons: self, index })
    }

    /// The most acute crisis language in a text, by the lists of all languages together: a profile
    /// in Spanish may well write in English.
    pub fn crisis(&self, text: &str) -> Option<CrisisCategory> {
        let normal = ready(text);
        let form = form::of_ready(&normal);
        let found = !self.plain.hits(&form, |hit| hit.kind.category().is_some()).is_empty();
        self.weigh(&normal, &form, found)
    }

    /// Where phrases of crisis language stand in a text, whatever the context then makes of them;
    /// those behind a disguise, too. For people who look into how a text was read.
    pub fn marks(&self, text: &str) -> Vec<Mark> {
        let normal = normalise(text);
        let form = form::of_ready(&normal);
        let mut marks = marks_in(&self.plain, &form);
        if disguise::suspected(&form) {
            marks.extend(marks_in(&self.lifted, &form::of_ready(&disguise::lift(&normal))));
        }
        marks.sort_unstable();
        marks.dedup();
        marks
    }

    /// The version of the data files.
    pub fn version(&self) -> &str {
        lexicon_file::VERSION
    }

    /// Looks at the context where crisis words were found, and behind slips and a disguise where
    /// there may be some.
    fn weigh(&self, ready: &str, form: &str, found: bool) -> Option<CrisisCategory> {
        let plain = found.then(|| in_context(&self.plain, &normalise(ready))).flatten();
        let mended = self
            .misspelt
            .suspects(form)
            .then(|| self.misspelt.mend(&normalise(ready), |word| self.plain.knows(word)));
        let right = mended.as_deref().and_then(|text| in_context(&self.plain, text));
        let lifted = (mended.is_some() || disguise::suspected(form))
            .then(|| {
                let normal = mended.map_or_else(|| normalise(ready), Cow::Owned);
                in_context(&self.lifted, &disguise::lift(&normal))
            })
            .flatten();
        plain.max(right).max(lifted)
    }
}

/// A text ready for its form and for counting its words: normalised, or as it is where it is ASCII,
/// since the case of ASCII letters makes no difference to either.
fn ready(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { normalise(text) }
}

/// The most acute crisis language of a normalised text that stands in its context.
fn in_context(matcher: &Matcher, normal: &str) -> Option<CrisisCategory> {
    let (form, breaks) = form::with_breaks(normal);
    let sentences: Vec<usize> =
        breaks.iter().filter(|one| one.sentence).map(|one| one.at).collect();
    let hits = matcher.hits(&form, |hit| {
        let parted = || first_from(&sentences, hit.start + 1).is_some_and(|at| at < hit.end);
        hit.kind.bears_on_crisis() && !(hit.in_pieces && parted())
    });
    Context::new(&breaks, &hits).most_acute()
}

/// The language that a locale begins with, in the case in which it is written. Without a locale:
/// English.
pub(crate) fn code_of(locale: Option<&str>) -> &str {
    let tag = locale.map_or("en", str::trim);
    tag.split(['-', '_', '.', '@']).next().unwrap_or_default()
}

/// The language of a locale among those that have lists. Without a locale: English.
pub(crate) fn language_of(locale: Option<&str>) -> Option<LanguageIndex> {
    let code = code_of(locale);
    let index = LANGUAGES.iter().position(|known| known.eq_ignore_ascii_case(code))?;
    LanguageIndex::try_from(index).ok()
}

/// The lists of one language.
#[derive(Clone, Copy)]
pub struct Language<'a> {
    lexicons: &'a Lexicons,
    index: LanguageIndex,
}

impl Language<'_> {
    /// ISO 639-1.
    pub fn code(&self) -> &str {
        LANGUAGES.get(usize::from(self.index)).copied().unwrap_or_default()
    }

    /// Reads a text: words and hits by this language's lists, crisis language by those of all.
    ///
    /// Of hits of one kind that share words only the one that ends first counts ("no hope left" is
    /// one hit of despair). Counts of words never exceed the words.
    pub fn read(&self, text: &str) -> TextFacts {
        let ready = ready(text);
        let form = form::of_ready(&ready);
        let mut tally = Tally::default();
        self.lexicons.plain.each(&form, |hit| tally.add(&hit, self.index));
        let words = words::count(&ready);
        let help_stands = tally.help.count > 0 && self.help_stands(&ready);
        TextFacts {
            words,
            negative_words: tally.negative.count.min(words),
            first_person_words: tally.first_person.count.min(words),
            absolutist_words: tally.absolutist.count.min(words),
            despair_hits: tally.despair.count,
            isolation_hits: tally.isolation.count,
            help_hits: if help_stands { tally.help.count } else { 0 },
            crisis: self.lexicons.weigh(&ready, &form, tally.crisis),
        }
    }

    /// Whether a phrase that asks for help stands without a negation before it.
    fn help_stands(&self, ready: &str) -> bool {
        let (form, breaks) = form::with_breaks(&normalise(ready));
        let bears = |hit: &Hit| hit.language == self.index && hit.kind >= Kind::HelpSeeking;
        let hits = self.lexicons.plain.hits(&form, bears);
        Context::new(&breaks, &hits).seeks_help()
    }
}

/// Hits by kind, in one pass.
#[derive(Default)]
struct Tally {
    negative: Count,
    first_person: Count,
    absolutist: Count,
    despair: Count,
    isolation: Count,
    help: Count,
    crisis: bool,
}

impl Tally {
    #[inline]
    fn add(&mut self, hit: &Hit, language: LanguageIndex) {
        if hit.kind.category().is_some() {
            self.crisis = true;
        }
        if hit.language != language {
            return;
        }
        match hit.kind {
            Kind::Negative => self.negative.add(hit),
            Kind::FirstPerson => self.first_person.add(hit),
            Kind::Absolutist => self.absolutist.add(hit),
            Kind::Despair => self.despair.add(hit),
            Kind::Isolation => self.isolation.add(hit),
            Kind::HelpSeeking => self.help.add(hit),
            _ => {}
        }
    }
}

/// Hits that share no word.
#[derive(Default)]
struct Count {
    count: u32,
    end: usize,
}

impl Count {
    #[inline]
    fn add(&mut self, hit: &Hit) {
        if hit.start >= self.end {
            self.count = self.count.saturating_add(1);
            self.end = hit.end;
        }
    }
}
