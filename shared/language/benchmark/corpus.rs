//! Labelled texts: a notice in lines that begin with `#`, a line of column names, and a row a text.

use mindmate_domain::crisis::CrisisCategory;

/// The corpora, by name.
pub(crate) const CORPORA: [(&str, &str); 4] = [
    ("blind-1", include_str!("../corpus/blind-1.tsv")),
    ("sighted-1", include_str!("../corpus/sighted-1.tsv")),
    ("held-out-1", include_str!("../corpus/held-out-1.tsv")),
    ("held-out-2", include_str!("../corpus/held-out-2.tsv")),
];

/// ISO 639-1 codes of the languages that the corpora are in.
pub(crate) const LANGUAGES: [&str; 2] = ["en", "es"];

const COLUMNS: &str = "id\tlang\tcategory\tkind\ttext";

/// A text and what its author says that it is.
pub(crate) struct Labelled {
    pub(crate) id: &'static str,
    pub(crate) language: &'static str,
    /// `None` where it is no crisis language of the writer.
    pub(crate) category: Option<CrisisCategory>,
    /// The way in which it is written: plain, slang, typo, song, …
    pub(crate) kind: &'static str,
    pub(crate) text: &'static str,
}

/// Why a corpus cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CorpusError {
    /// The first line is another one.
    #[error("the first line should be `{COLUMNS}` and is `{0}`")]
    Columns(String),
    /// A row has other columns, or values that no label has.
    #[error("`{0}` is no row of an id, a language, a category, a kind and a text")]
    Row(String),
}

/// Reads a corpus.
pub(crate) fn read(file: &'static str) -> Result<Vec<Labelled>, CorpusError> {
    let mut lines = file.lines().filter(|line| !line.starts_with('#'));
    let columns = lines.next().unwrap_or_default();
    if columns != COLUMNS {
        return Err(CorpusError::Columns(columns.to_owned()));
    }
    lines.map(|line| row(line).ok_or_else(|| CorpusError::Row(line.to_owned()))).collect()
}

/// A category as the corpora and the tables write it.
pub(crate) fn name(category: CrisisCategory) -> &'static str {
    match category {
        CrisisCategory::PassiveIdeation => "passiveIdeation",
        CrisisCategory::SelfHarm => "selfHarm",
        CrisisCategory::ActiveIdeation => "activeIdeation",
        CrisisCategory::PlanIntentMeans => "planIntentMeans",
    }
}

fn row(line: &'static str) -> Option<Labelled> {
    let columns: Vec<&str> = line.split('\t').collect();
    let &[id, language, label, kind, text] = columns.as_slice() else { return None };
    let category = CrisisCategory::ALL.into_iter().find(|category| name(*category) == label);
    let known = category.is_some() || label == "none";
    (known && LANGUAGES.contains(&language) && !text.trim().is_empty()).then_some(Labelled {
        id,
        language,
        category,
        kind,
        text,
    })
}
