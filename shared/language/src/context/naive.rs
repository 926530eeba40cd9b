//! The rules of context as plainly as they can be said, each over all hits, for the quick ones to
//! be held against.

use mindmate_domain::crisis::CrisisCategory;
use proptest::prelude::*;

use super::{
    Context, DOUBT_WORDS, MAX_LINKS, RETRACTION_WORDS, WRITER_WORDS, contains, reads_anew,
};
use crate::form::Break;
use crate::lexicon_file::{Kind, LanguageIndex};
use crate::matcher::Hit;

/// A text with crisis words: the ends of its clauses, and all hits that bear on it.
struct Naive<'a> {
    breaks: &'a [Break],
    hits: &'a [Hit],
}

impl Naive<'_> {
    /// The most acute category among the hits that stand.
    fn most_acute(&self) -> Option<CrisisCategory> {
        let (withdrawn, standing): (Vec<&Hit>, Vec<&Hit>) = self
            .hits
            .iter()
            .filter(|hit| hit.kind.category().is_some())
            .partition(|hit| self.is_withdrawn(hit));
        standing
            .into_iter()
            .filter(|hit| {
                !withdrawn.iter().any(|outer| {
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
    fn seeks_help(&self) -> bool {
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
        self.of(Kind::Idiom, hit.language)
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
            .of(Kind::DoubtAfter, hit.language)
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
            && self.hits.iter().any(|other| {
                other.kind == Kind::Retraction && (hit.end..=reach).contains(&other.start)
            })
    }

    fn of(&self, kind: Kind, language: LanguageIndex) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(move |hit| hit.kind == kind && hit.language == language)
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
        let clause_ends = self.breaks.iter().any(|one| one.at == place);
        self.of(kind, language).filter(move |hit| hit.end == place && !clause_ends)
    }

    fn writer_between(&self, start: usize, end: usize) -> bool {
        self.hits
            .iter()
            .any(|hit| hit.kind == Kind::Oneself && hit.start >= start && hit.start < end)
    }

    fn sentence_ends_in(&self, hit: &Hit) -> bool {
        self.breaks.iter().any(|one| one.sentence && hit.start < one.at && one.at < hit.end)
    }

    fn sentence_start(&self, at: usize) -> usize {
        self.breaks
            .iter()
            .filter(|one| one.sentence && one.at <= at)
            .map(|one| one.at)
            .max()
            .unwrap_or(0)
    }
}

const KINDS: [Kind; 19] = [
    Kind::HelpSeeking,
    Kind::PassiveIdeation,
    Kind::Figurative,
    Kind::SelfHarm,
    Kind::ActiveIdeation,
    Kind::PlanIntentMeans,
    Kind::Intent,
    Kind::IntentLink,
    Kind::Idiom,
    Kind::Negation,
    Kind::NegationLink,
    Kind::DoubtBefore,
    Kind::DoubtAfter,
    Kind::ThirdPerson,
    Kind::ThirdPersonLink,
    Kind::Oneself,
    Kind::Quotation,
    Kind::QuotationLink,
    Kind::Retraction,
];

fn hit() -> impl Strategy<Value = Hit> {
    (0..2_u8, prop::sample::select(&KINDS[..]), 0..30_usize, 1..6_usize).prop_map(
        |(language, kind, start, words)| Hit {
            language,
            kind,
            start,
            end: start + words,
            in_pieces: false,
        },
    )
}

fn hits() -> impl Strategy<Value = Vec<Hit>> {
    prop::collection::vec(hit(), 0..60).prop_map(|mut hits| {
        hits.sort_by_key(|hit| hit.end);
        hits
    })
}

fn breaks() -> impl Strategy<Value = Vec<Break>> {
    prop::collection::vec((0..36_usize, any::<bool>()), 0..8).prop_map(|mut places| {
        places.sort_unstable();
        places.into_iter().map(|(at, sentence)| Break { at, sentence }).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn looking_at_windows_finds_what_looking_at_everything_finds(hits in hits(), breaks in breaks()) {
        let naive = Naive { breaks: &breaks, hits: &hits };
        let context = Context::new(&breaks, &hits);
        prop_assert_eq!(context.most_acute(), naive.most_acute());
        prop_assert_eq!(context.seeks_help(), naive.seeks_help());
        for hit in &hits {
            prop_assert_eq!(context.is_withdrawn(hit), naive.is_withdrawn(hit), "{:?}", hit);
            prop_assert_eq!(context.category(hit), naive.category(hit), "{:?}", hit);
        }
    }
}
