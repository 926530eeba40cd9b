//! Which crisis language stands once its context is looked at.
//!
//! A hit is withdrawn only where a rule is sure of itself; each rule is bound to the words directly
//! around the hit, since words further away more often explain than deny:
//!
//! - **Idiom.** The hit lies inside a longer phrase, or is gone on with by one, that means something else ("die of laughter",
//!   "suicide squad", "cut myself shaving", "accidentally killed myself" in a game).
//! - **Negation.** A negation ends where the hit begins ("I never wanted | to kill myself"), with
//!   no punctuation between; links such as "want to" may stand
//!   between the two. It does not withdraw where the words before it turn it round ("why
//!   not", "trying not", "only") or where the words after cast doubt ("but", "yet", "tonight",
//!   "so much"). "Can't" is no negation: "I can't kill myself" is about killing oneself.
//! - **Third person.** Somebody else is the subject right before the hit ("my friend is |
//!   suicidal"), and the writer appears neither in that sentence nor soon after.
//! - **Quotation.** The hit is the title or the words of a song, a film or a game, and the writer
//!   does not appear soon after ("… is how I feel").
//! - **Retraction.** "Just kidding" right after a figure of speech ("kill me"). It withdraws
//!   nothing else: a joke about wanting to die may be the only way it gets said.
//!
//! Neither a third person nor a quotation withdraws a plan, an intent or a means. A hit inside a
//! withdrawn one is withdrawn with it, unless it is of a more acute category.

use std::borrow::Borrow;
use std::ops::Range;

use mindmate_domain::crisis::CrisisCategory;

use crate::form::Break;
use crate::lexicon_file::{Kind, LanguageIndex};
use crate::matcher::Hit;

/// How many words after a negated phrase can still cast doubt on it.
const DOUBT_WORDS: usize = 6;

/// How many words after a hit the writer is looked for.
const WRITER_WORDS: usize = 8;

/// How many links may stand between a negation (or another person, or an intent) and the hit.
const MAX_LINKS: usize = 4;

/// How many words may stand between a figure of speech and its retraction ("lol").
const RETRACTION_WORDS: usize = 1;

/// A text with crisis words: the ends of its clauses, and all hits that bear on it.
///
/// Each rule looks only at a window around a hit, found by a binary search, so that a long text
/// takes time by its length and not by its square.
pub(crate) struct Context<'a> {
    /// By their places.
    breaks: &'a [Break],
    /// By their ends.
    hits: &'a [Hit],
    /// Where the writer appears, by place, in whatever language.
    writer: Vec<usize>,
    /// Where sentences start, by place, but for the first.
    sentences: Vec<usize>,
    /// The most words that a hit has.
    longest: usize,
}

impl<'a> Context<'a> {
    /// Breaks come by their places and hits by their ends, as [`crate::form`] and
    /// [`crate::matcher`] find them.
    pub(crate) fn new(breaks: &'a [Break], hits: &'a [Hit]) -> Self {
        debug_assert!(breaks.is_sorted_by_key(|one| one.at), "breaks come by their places");
        debug_assert!(hits.is_sorted_by_key(|hit| hit.end), "hits come by their ends");
        let mut writer: Vec<usize> =
            hits.iter().filter(|hit| hit.kind == Kind::Oneself).map(|hit| hit.start).collect();
        writer.sort_unstable();
        let sentences = breaks.iter().filter(|one| one.sentence).map(|one| one.at).collect();
        let longest = hits.iter().map(|hit| hit.end - hit.start).max().unwrap_or(0);
        Self { breaks, hits, writer, sentences, longest }
    }

    /// The most acute category among the hits that stand.
    pub(crate) fn most_acute(&self) -> Option<CrisisCategory> {
        let withdrawn: Vec<&Hit> = self
            .hits
            .iter()
            .filter(|hit| hit.kind.category().is_some() && self.is_withdrawn(hit))
            .collect();
        self.hits
            .iter()
            .filter(|hit| hit.kind.category().is_some())
            .filter(|hit| {
                // A withdrawn hit contains itself and is as acute as itself.
                !ending(&withdrawn, hit.end..hit.end + self.longest).iter().any(|outer| {
                    contains(outer, hit) && outer.kind.category() >= hit.kind.category()
                })
            })
            .filter_map(|hit| self.category(hit))
            .max()
    }

    /// A hit's category; with an intent before it ("going to | hurt myself") it is a plan.
    fn category(&self, hit: &Hit) -> Option<CrisisCategory> {
        let can_be_planned = matches!(hit.kind, Kind::ActiveIdeation | Kind::SelfHarm);
        if can_be_planned && !self.before(Kind::Intent, Kind::IntentLink, hit).is_empty() {
            return Some(CrisisCategory::PlanIntentMeans);
        }
        hit.kind.category()
    }

    /// Whether a phrase that asks for help stands. Only a negation withdraws it.
    pub(crate) fn seeks_help(&self) -> bool {
        self.hits.iter().any(|hit| hit.kind == Kind::HelpSeeking && !self.is_negated(hit))
    }

    fn is_withdrawn(&self, hit: &Hit) -> bool {
        let planned = hit.kind == Kind::PlanIntentMeans;
        self.is_idiom(hit)
            || self.is_negated(hit)
            || (!planned && (self.is_about_another(hit) || self.is_quoted(hit)))
            || self.is_taken_back(hit)
    }

    fn is_idiom(&self, hit: &Hit) -> bool {
        self.of(Kind::Idiom, hit.language, hit.end..hit.end + self.longest)
            .any(|idiom| reads_anew(idiom, hit) && !self.sentence_ends_in(idiom))
    }

    fn is_negated(&self, hit: &Hit) -> bool {
        let negations = self.before(Kind::Negation, Kind::NegationLink, hit);
        if negations.is_empty() {
            return false;
        }
        let turned = negations.iter().any(|negation| {
            self.ends_at(Kind::DoubtBefore, negation.start, hit.language).next().is_some()
        });
        let reach = hit.end + DOUBT_WORDS;
        let doubted = self
            .of(Kind::DoubtAfter, hit.language, hit.end + 1..reach + self.longest)
            .any(|doubt| doubt.start >= hit.end && doubt.start < reach);
        !turned && !doubted
    }

    fn is_about_another(&self, hit: &Hit) -> bool {
        let from = self.sentence_start(hit.start);
        let to = hit.end + WRITER_WORDS;
        !self.before(Kind::ThirdPerson, Kind::ThirdPersonLink, hit).is_empty()
            && !self.writer_between(from, to)
    }

    fn is_quoted(&self, hit: &Hit) -> bool {
        let to = hit.end + WRITER_WORDS;
        !self.before(Kind::Quotation, Kind::QuotationLink, hit).is_empty()
            && !self.writer_between(hit.start, to)
    }

    fn is_taken_back(&self, hit: &Hit) -> bool {
        let reach = hit.end + RETRACTION_WORDS;
        hit.kind == Kind::Figurative
            && ending(self.hits, hit.end..reach + self.longest + 1).iter().any(|other| {
                other.kind == Kind::Retraction && (hit.end..=reach).contains(&other.start)
            })
    }

    /// Those of a kind that end at the places.
    fn of(
        &self,
        kind: Kind,
        language: LanguageIndex,
        ends: Range<usize>,
    ) -> impl Iterator<Item = &Hit> {
        ending(self.hits, ends)
            .iter()
            .filter(move |hit| hit.kind == kind && hit.language == language)
    }

    /// Those of a kind that end where the hit begins, or where links begin that lead up to it, all
    /// in one clause.
    fn before(&self, kind: Kind, link: Kind, hit: &Hit) -> Vec<&Hit> {
        let mut found = Vec::new();
        let mut places = vec![hit.start];
        for _ in 0..=MAX_LINKS {
            let mut further = Vec::new();
            for &place in &places {
                found.extend(self.ends_at(kind, place, hit.language));
                further.extend(self.ends_at(link, place, hit.language).map(|one| one.start));
            }
            further.sort_unstable();
            further.dedup();
            places = further;
        }
        found
    }

    /// Those of a kind that end at a place, unless a clause ends there too.
    fn ends_at(
        &self,
        kind: Kind,
        place: usize,
        language: LanguageIndex,
    ) -> impl Iterator<Item = &Hit> {
        let clause_ends = self.breaks.binary_search_by_key(&place, |one| one.at).is_ok();
        self.of(kind, language, place..place + 1).filter(move |_| !clause_ends)
    }

    fn writer_between(&self, start: usize, end: usize) -> bool {
        first_from(&self.writer, start).is_some_and(|at| at < end)
    }

    fn sentence_ends_in(&self, hit: &Hit) -> bool {
        first_from(&self.sentences, hit.start + 1).is_some_and(|at| at < hit.end)
    }

    fn sentence_start(&self, at: usize) -> usize {
        let next = self.sentences.partition_point(|start| *start <= at);
        next.checked_sub(1).and_then(|last| self.sentences.get(last)).copied().unwrap_or(0)
    }
}

/// Those of the hits, which come by their ends, that end at the places.
fn ending<T: Borrow<Hit>>(hits: &[T], ends: Range<usize>) -> &[T] {
    let start = hits.partition_point(|hit| hit.borrow().end < ends.start);
    let rest = hits.get(start..).unwrap_or_default();
    let count = rest.partition_point(|hit| hit.borrow().end < ends.end);
    #[cfg(test)]
    work::add(count);
    rest.get(..count).unwrap_or_default()
}

/// The first of the places, which come in order, that is not before one.
pub(crate) fn first_from(places: &[usize], from: usize) -> Option<usize> {
    places.get(places.partition_point(|place| *place < from)).copied()
}

/// Whether an idiom holds a hit, or goes on from inside it: "(don't want to) wake up | early".
fn reads_anew(idiom: &Hit, hit: &Hit) -> bool {
    contains(idiom, hit) || (idiom.start < hit.end && hit.end < idiom.end)
}

fn contains(outer: &Hit, inner: &Hit) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

#[cfg(test)]
mod naive;
#[cfg(test)]
mod work;
