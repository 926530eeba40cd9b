//! `mindmate text analyze`: how texts are read, a line each.

use std::io::{self, BufRead, BufReader, BufWriter, Write as _};

use anyhow::Context as _;
use mindmate_domain::CrisisCategory;
use mindmate_domain::app::{Sentiment, SentimentLabel};
use mindmate_language::{Lexicons, Mark, Polarity, Vader};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::args;
use crate::exit::Exit;

/// The longest line that is read, in bytes: a text of the largest item, and room.
const LONGEST: usize = 2 * 1024 * 1024;

/// How much is read and written at once, in bytes.
const AT_ONCE: usize = 64 * 1024;

/// What some programs put before the first line of a file.
const BYTE_ORDER_MARK: char = '\u{FEFF}';

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
    let mut input = BufReader::with_capacity(AT_ONCE, io::stdin().lock());
    let mut out = BufWriter::with_capacity(AT_ONCE, io::stdout().lock());
    let (mut line, mut number, mut bad) = (Vec::new(), 0_u64, 0_u64);
    loop {
        line.clear();
        if input.buffer().is_empty() {
            // Whoever feeds line by line is answered before the next is waited for.
            out.flush()?;
        }
        let whole = read_line(&mut input, &mut line).context("standard input broke off")?;
        if line.is_empty() && whole {
            break;
        }
        number += 1;
        match given(&line, number == 1, whole) {
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
        eprintln!("{bad} of {number} lines could not be read; each says why");
        return Ok(Exit::BadInput);
    }
    Ok(Exit::Success)
}

/// Reads a line with its end, of which no more than [`LONGEST`] bytes are kept; says whether that was
/// all of it.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        let found = input.fill_buf()?;
        if found.is_empty() {
            return Ok(line.len() <= LONGEST);
        }
        let end = found.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(found.len(), |end| end + 1);
        let kept = taken.min((LONGEST + 1).saturating_sub(line.len()));
        line.extend_from_slice(&found[..kept]);
        input.consume(taken);
        if end.is_some() {
            return Ok(line.len() <= LONGEST);
        }
    }
}

/// What a line holds. No error quotes any of it.
fn given(line: &[u8], first: bool, whole: bool) -> Result<Given, String> {
    if !whole {
        return Err(format!("expected a line of at most {LONGEST} bytes, found a longer one"));
    }
    let text = str::from_utf8(line)
        .map_err(|error| format!("expected UTF-8, found other bytes at {}", error.valid_up_to()))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let text = text.strip_prefix(BYTE_ORDER_MARK).filter(|_| first).unwrap_or(text);
    if !text.trim_start().starts_with('{') {
        return Ok(Given { id: None, text: text.to_owned(), lang: None });
    }
    serde_json::from_str(text).map_err(|error| {
        format!(
            "expected a JSON object with a `text`, found another line (column {})",
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
        let label = match label {
            SentimentLabel::Positive => "positive",
            SentimentLabel::Negative => "negative",
            SentimentLabel::Neutral => "neutral",
            SentimentLabel::Mixed => "mixed",
        };
        Self { label, positive, negative, neutral, mixed, compound: found.rounded().compound }
    }
}

impl From<Mark> for Span {
    fn from(mark: Mark) -> Self {
        Self { kind: mark.kind, start: mark.start, end: mark.end }
    }
}
