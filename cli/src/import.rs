//! `mindmate import`: reads exports of the app's table.

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use mindmate_contracts::app_table::{Decoded, ExportLine, closed_profile, decode, parse_line};
use mindmate_embedded::Imported;
use serde::Serialize;

use crate::args::{self, Format};
use crate::exit::Exit;
use crate::lines::{Line, Lines, Reading};
use crate::marks;
use crate::output::{self, grouped};
use crate::progress;
use crate::session::{Installation, Into, Place, Session};

/// Bad lines that are shown one by one; the others are only counted.
const SHOWN: usize = 20;

/// What is said of changes where the backend does not know them.
const UNTOLD: &str = "written; which were new, the table does not say; ";

/// Items that make a batch full: enough that the end of a write to disk costs little.
const FULL_ITEMS: usize = 2_000;

/// Bytes of lines that make a batch full, whatever the number of its items: so much memory, a few
/// times over, it takes at most.
const FULL_BYTES: usize = 4 * 1024 * 1024;

/// What came of a file.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct FileResult {
    file: String,
    items: u64,
    /// What that changed, where the backend knows it.
    #[serde(flatten)]
    changes: Option<Changes>,
    /// Took the place of an earlier one of the same key in this file.
    superseded: u64,
    bad_lines: u64,
    unfit_items: u64,
    /// Profiles that could not be read, and stand as ones that allow nothing.
    closed_profiles: u64,
    /// The first of both kinds, with their line numbers.
    problems: Vec<Problem>,
    /// Why the file could not be read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken_off: Option<String>,
}

/// What an import changed.
#[derive(Debug, Default, Serialize)]
struct Changes {
    added: u64,
    replaced: u64,
    unchanged: u64,
}

impl Changes {
    fn add(&mut self, imported: Imported) {
        self.added += imported.added;
        self.replaced += imported.replaced;
        self.unchanged += imported.unchanged;
    }

    fn words(&self) -> String {
        let [added, replaced, unchanged] = [self.added, self.replaced, self.unchanged].map(grouped);
        format!("{added} new, {replaced} replaced, {unchanged} unchanged, ")
    }
}

/// Items that are written together.
#[derive(Default)]
struct Batch {
    items: Vec<ExportLine>,
    /// Of their lines.
    bytes: usize,
}

impl Batch {
    fn add(&mut self, item: ExportLine, bytes: usize) {
        self.items.push(item);
        self.bytes += bytes;
    }

    /// Whether it is time to write it.
    fn is_full(&self) -> bool {
        self.items.len() >= FULL_ITEMS || self.bytes >= FULL_BYTES
    }
}

/// One line that is not an item, or one item that the pipeline will leave out.
#[derive(Debug, Serialize)]
struct Problem {
    line: u64,
    what: String,
}

pub(crate) async fn run(
    place: &Place,
    format: Format,
    args: &args::Import,
) -> anyhow::Result<Exit> {
    let into = place.fills(args.into_app_table, args.index_only)?;
    let session = place.open().await?;
    // The app's table on AWS is not made by imports: they say nothing of who is in it.
    let marked = matches!(place, Place::Local { .. });
    let target = Target { table: &*session.installation, into, marked };
    if marked {
        marks::try_import(target.table).await?;
    }
    let mut results = Vec::new();
    for path in &args.files {
        results.push(target.take(path).await?);
    }
    match format {
        Format::Json => output::json(&results)?,
        Format::Text | Format::Csv => output::text(&words(&results, &session))?,
    }
    let items: u64 = results.iter().map(|result| result.items).sum();
    anyhow::ensure!(
        items > 0,
        "there is no item in what was given: expected lines of the form {{\"Item\": {{…}}}}"
    );
    let bad = results.iter().any(|result| result.bad_lines > 0 || result.broken_off.is_some());
    Ok(if bad { Exit::BadInput } else { Exit::Success })
}

/// Where an import goes.
#[derive(Clone, Copy)]
struct Target<'a> {
    table: &'a dyn Installation,
    into: Into,
    /// Whether the installation remembers what was imported.
    marked: bool,
}

impl Target<'_> {
    /// Takes a file in, and leaves a mark where only a part of it was: where it broke off, where a
    /// write failed, or where this process was killed.
    async fn take(self, path: &Path) -> anyhow::Result<FileResult> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        if !self.marked {
            return read_file(self, path, file).await;
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        marks::begin_file(self.table, &name).await?;
        let result = read_file(self, path, file).await?;
        if result.broken_off.is_none() {
            marks::end_file(self.table, &name).await?;
        }
        Ok(result)
    }
}

async fn read_file(target: Target<'_>, path: &Path, file: File) -> anyhow::Result<FileResult> {
    let open = || format!("cannot open {}", path.display());
    let bar = progress::bytes(file.metadata().with_context(open)?.len(), "import");
    let mut lines = Lines::new(bar.wrap_read(file)).with_context(open)?;
    let mut result = FileResult { file: path.display().to_string(), ..FileResult::default() };
    let mut batch = Batch::default();
    loop {
        match lines.next() {
            Reading::Line(number, line) => result.take(number, &line, &mut batch),
            Reading::End => break,
            Reading::BrokenOff { after, error, start } => {
                result.broken_off = Some(format!("after line {after}: {error}"));
                result.close_profile(&start, &mut batch);
                break;
            }
        }
        if batch.is_full() {
            result.write(target, std::mem::take(&mut batch)).await?;
        }
    }
    result.write(target, batch).await?;
    bar.finish_and_clear();
    Ok(result)
}

impl FileResult {
    fn take(&mut self, number: u64, line: &Line, batch: &mut Batch) {
        let bytes = match line {
            Line::Whole(bytes) | Line::Unended(bytes)
                if bytes.iter().all(u8::is_ascii_whitespace) =>
            {
                return;
            }
            Line::Whole(bytes) | Line::Unended(bytes) => bytes,
            Line::TooLong { length, start } => {
                let what = format!("the line has {length} bytes; no item is that long");
                self.bad_item(number, what, start, batch);
                return;
            }
        };
        match parse_line(bytes) {
            Ok(item) => {
                self.check(number, &item);
                self.items += 1;
                batch.add(item, bytes.len());
            }
            Err(error) => {
                if matches!(line, Line::Unended(_)) && is_cut_off(bytes) {
                    let why = format!("in line {number}, which has no end");
                    self.broken_off = Some(why);
                }
                self.bad_item(number, error.to_string(), bytes, batch);
            }
        }
    }

    /// A line that is no item; of a profile, what it would have allowed is taken to be nothing.
    fn bad_item(&mut self, number: u64, mut what: String, bytes: &[u8], batch: &mut Batch) {
        if self.close_profile(bytes, batch) {
            what += ": a profile that cannot be read allows nothing, and is kept so";
        }
        self.bad_line(number, what);
    }

    /// Keeps a closed profile for the user whose profile these bytes begin; says whether they do.
    fn close_profile(&mut self, bytes: &[u8], batch: &mut Batch) -> bool {
        let profile = closed_profile(bytes);
        let closed = profile.is_some();
        if let Some(profile) = profile {
            batch.add(profile, bytes.len());
            self.closed_profiles += 1;
        }
        closed
    }

    /// Items that do not fit are kept, since the table is the app's, but somebody should know.
    fn check(&mut self, number: u64, item: &ExportLine) {
        let defect = match decode(&item.sk, &item.item) {
            Decoded::Read(_, defects) => defects.first().copied(),
            Decoded::Defective(found) => Some(found.defect),
            Decoded::PassedOver => None,
        };
        if let Some(defect) = defect {
            self.unfit_items += 1;
            self.problem(number, format!("kept, but assessments will leave it out: {defect}"));
        }
    }

    fn bad_line(&mut self, number: u64, what: String) {
        self.bad_lines += 1;
        self.problem(number, what);
    }

    fn problem(&mut self, line: u64, what: String) {
        if self.problems.len() < SHOWN {
            self.problems.push(Problem { line, what });
        }
    }

    async fn write(&mut self, target: Target<'_>, batch: Batch) -> anyhow::Result<()> {
        let given = batch.items.len() as u64;
        // Once a file suffices: its first batch has said what it changed.
        if target.marked && given > 0 && self.changes.is_none() {
            marks::import_items(target.table).await?;
        }
        let written = target.table.import(batch.items, target.into).await?;
        self.superseded += given.saturating_sub(written.keys);
        if let Some(imported) = written.changes {
            self.changes.get_or_insert_default().add(imported);
        }
        Ok(())
    }
}

/// Whether these bytes are the beginning of something in JSON that has no end.
fn is_cut_off(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_err_and(|error| error.is_eof())
}

fn words(results: &[FileResult], session: &Session) -> String {
    let mut out = String::new();
    for result in results {
        out += &format!(
            "{}: {} items ({}{} twice in the file)\n",
            result.file,
            grouped(result.items),
            result.changes.as_ref().map_or(UNTOLD.to_owned(), Changes::words),
            grouped(result.superseded)
        );
        if result.bad_lines + result.unfit_items > 0 {
            let (bad, unfit) = (grouped(result.bad_lines), grouped(result.unfit_items));
            out += &format!("  {bad} bad lines left out, {unfit} items that do not fit\n");
        }
        for problem in &result.problems {
            out += &format!("  line {}: {}\n", problem.line, problem.what);
        }
        let shown = result.problems.len() as u64;
        if result.bad_lines + result.unfit_items > shown {
            let more = result.bad_lines + result.unfit_items - shown;
            out += &format!("  … and {} more\n", grouped(more));
        }
        if let Some(why) = &result.broken_off {
            out += &format!(
                "  the file broke off {why}; what came before it is kept. Import the whole file again, under the same name: until then people and consents may be missing\n"
            );
        }
    }
    out + &format!("Next: {}\n", session.command_here("daily"))
}
