//! The score of a corpus as tables in Markdown.

use std::collections::BTreeSet;
use std::fmt;

use mindmate_domain::crisis::CrisisCategory;

use super::corpus::{LANGUAGES, name};
use super::score::{Scored, Share};

/// All tables on one corpus.
pub(crate) struct Tables<'a>(pub(crate) &'a [Scored]);

impl fmt::Display for Tables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| crisis category | language | n | found | recall | as acute | recall |")?;
        writeln!(f, "| --- | --- | ---: | ---: | ---: | ---: | ---: |")?;
        for category in CrisisCategory::ALL.into_iter().rev().map(Some).chain([None]) {
            for language in LANGUAGES.into_iter().map(Some).chain([None]) {
                self.recall(f, category, language)?;
            }
        }
        self.by_kind(f, "way of writing (crisis)", "found", |one| one.text.category.is_some())?;
        self.by_kind(f, "kind (no crisis)", "false alarms", |one| one.text.category.is_none())
    }
}

impl Tables<'_> {
    /// A row on the crisis texts of a category, or of all, in a language, or in all.
    fn recall(
        &self,
        f: &mut fmt::Formatter<'_>,
        category: Option<CrisisCategory>,
        language: Option<&str>,
    ) -> fmt::Result {
        let counted = |one: &Scored| {
            one.text.category.is_some_and(|its| category.is_none_or(|wanted| wanted == its))
                && language.is_none_or(|wanted| wanted == one.text.language)
        };
        let found = Share::of(self.0, counted, Scored::is_found);
        let acute = Share::of(self.0, counted, Scored::is_as_acute);
        writeln!(
            f,
            "| {} | {} | {} | {} | {} | {} | {} |",
            category.map_or("**all**", name),
            language.unwrap_or("both"),
            found.of,
            found.some,
            Percent(found),
            acute.some,
            Percent(acute),
        )
    }

    /// A table with a row for each kind of the texts that are `counted`, and one for all.
    fn by_kind(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        what: &str,
        counted: impl Fn(&Scored) -> bool,
    ) -> fmt::Result {
        let kinds: BTreeSet<&str> =
            self.0.iter().filter(|one| counted(one)).map(|one| one.text.kind).collect();
        writeln!(f, "\n| {title} | en {what} | es {what} | both | rate |")?;
        writeln!(f, "| --- | ---: | ---: | ---: | ---: |")?;
        for kind in kinds.into_iter().map(Some).chain([None]) {
            let share = |language: Option<&str>| {
                let wanted = |one: &Scored| {
                    counted(one)
                        && kind.is_none_or(|kind| kind == one.text.kind)
                        && language.is_none_or(|language| language == one.text.language)
                };
                Share::of(self.0, wanted, Scored::is_found)
            };
            let [en, es] = LANGUAGES.map(|language| share(Some(language)));
            let both = share(None);
            let kind = kind.unwrap_or("**all**");
            writeln!(
                f,
                "| {kind} | {} of {} | {} of {} | {} of {} | {} |",
                en.some,
                en.of,
                es.some,
                es.of,
                both.some,
                both.of,
                Percent(both),
            )?;
        }
        Ok(())
    }
}

/// A rate and its interval.
struct Percent(Share);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.0.interval();
        let [rate, low, high] = [self.0.rate(), low, high].map(|share| share * 100.0);
        write!(f, "{rate:.1} % ({low:.1}–{high:.1})")
    }
}
