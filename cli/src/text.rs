//! `mindmate text analyze`: how texts are read, a line each.

use std::io::{self, BufWriter, Write as _};

use anyhow::Context as _;
use mindmate_domain::CrisisCategory;
use mindmate_domain::app::Sentiment;
use mindmate_language::{Lexicons, Mark, Polarity, Vader};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::args;
use crate::exit::Exit;
use crate::lines::{Line, Lines, Reading};

/// What is said where there is nothing more to read and should be.
const BROKEN: &str = "standard input broke off";

/// How much is written at once, in bytes.
const AT_ONCE: usize = 64 * 1024;

/// A line of JSON.
#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    id: Option<Value>,
    text: String,
    #[serde(default)]
    lang: Option<String>,
}

/// What was found in a text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Analysis<'a> {
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Value>,
    lang: &'a str,
    /// Null where the analyser cannot read the text; then `reason` says why.
    sentiment: Option<Scores>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    crisis: Crisis,
    /// Null where there are no lists for the language.
    words: Option<u32>,
    despair: Option<u32>,
    isolation: Option<u32>,
    help_seeking: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Scores {
    label: &'static str,
    positive: f64,
    negative: f64,
    neutral: f64,
    mixed: f64,
    /// VADER's own number, from -1 to 1.
    compound: f64,
}

#[derive(Serialize)]
struct Crisis {
    category: Option<CrisisCategory>,
    /// Phrases of the lists, whatever the context then made of them.
    spans: Vec<Span>,
}

#[derive(Serialize)]
struct Span {
    kind: &'static str,
    start: usize,
    end: usize,
}

/// A line that could not be read.
#[derive(Serialize)]
struct Bad {
    line: u64,
    error: String,
}

/// Reads all lines; says whether some were bad.
pub(crate) fn analyze(args: &args::AnalyzeText) -> anyhow::Result<Exit> {
    let reader = Reader { lexicons: Lexicons::built_in()?, vader: Vader::built_in()? };
    let mut lines = Lines::new(io::stdin()).context(BROKEN)?;
    let mut out = BufWriter::with_capacity(AT_ONCE, io::stdout().lock());
    let (mut read, mut bad) = (0_u64, 0_u64);
    loop {
        if lines.must_wait() {
            // Whoever feeds line by line is answered before the next is waited for.
            out.flush()?;
        }
        let (number, line) = match lines.next() {
            Reading::End => break,
            Reading::Line(number, line) => (number, line),
            Reading::BrokenOff { after, error, .. } => {
                out.flush()?;
                return Err(error).with_context(|| format!("{BROKEN} after line {after}"));
            }
        };
        read = number;
        match given(&line) {
            Ok(given) => serde_json::to_writer(&mut out, &reader.read(number, &given, &args.lang))?,
            Err(error) => {
                bad += 1;
                serde_json::to_writer(&mut out, &Bad { line: number, error })?;
            }
        }
        out.write_all(b"\n")?;
    }
    out.flush()?;
    if bad > 0 {
        eprintln!("{bad} of {read} lines could not be read; each says why");
        return Ok(Exit::BadInput);
    }
    Ok(Exit::Success)
}

/// What a line holds. No error quotes any of it.
fn given(line: &Line) -> Result<Given, String> {
    let bytes = match line {
        Line::Whole(bytes) | Line::Unended(bytes) => bytes,
        Line::TooLong { length, .. } => {
            return Err(format!("the line has {length} bytes; no item's text is that long"));
        }
    };
    let text = str::from_utf8(bytes)
        .map_err(|error| format!("expected UTF-8, found other bytes at {}", error.valid_up_to()))?;
    let text = text.strip_suffix('\r').unwrap_or(text);
    if !text.trim_start().starts_with('{') {
        return Ok(Given { id: None, text: text.to_owned(), lang: None });
    }
    serde_json::from_str(text).map_err(|error| {
        format!(
            "expected a JSON object with a `text` (a text may not begin with a brace), found another line (column {})",
            error.column()
        )
    })
}

struct Reader {
    lexicons: Lexicons,
    vader: Vader,
}

impl Reader {
    fn read<'a>(&self, line: u64, given: &'a Given, language: &'a str) -> Analysis<'a> {
        let Given { id, text, lang } = given;
        let lang = lang.as_deref().unwrap_or(language);
        let lists = self.lexicons.for_locale(Some(lang));
        let facts = lists.map(|lists| lists.read(text));
        let category = facts.map_or_else(|| self.lexicons.crisis(text), |facts| facts.crisis);
        let (sentiment, reason) = match self.vader.read(text, Some(lang)) {
            Ok(found) => (Some(Scores::from(found)), None),
            Err(no_score) => (None, Some(no_score.to_string())),
        };
        Analysis {
            line,
            id: id.as_ref(),
            lang,
            sentiment,
            reason,
            crisis: Crisis {
                category,
                spans: self.lexicons.marks(text).into_iter().map(Span::from).collect(),
            },
            words: facts.map(|facts| facts.words),
            despair: facts.map(|facts| facts.despair_hits),
            isolation: facts.map(|facts| facts.isolation_hits),
            help_seeking: facts.map(|facts| facts.help_hits),
        }
    }
}

impl From<Polarity> for Scores {
    fn from(found: Polarity) -> Self {
        let Sentiment { label, positive, negative, neutral, mixed } = found.sentiment();
        let compound = found.rounded().compound;
        Self { label: label.name(), positive, negative, neutral, mixed, compound }
    }
}

impl From<Mark> for Span {
    fn from(mark: Mark) -> Self {
        Self { kind: mark.kind, start: mark.start, end: mark.end }
    }
}
