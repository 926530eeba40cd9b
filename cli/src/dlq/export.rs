//! `mindmate dlq export`: letters as JSON lines, whole.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use mindmate_domain::audit::AuditAction;
use mindmate_domain::instant::key_form;
use mindmate_pipeline::letters::{PAGE, Walk, Wanted};
use mindmate_pipeline::ports::{DeadLetter, DeadLetters};
use serde_json::json;

use super::chosen::Meant;
use crate::args::{ExportLetters, Format};
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::progress;
use crate::session::Session;

pub(super) async fn run(
    session: &Session,
    format: Format,
    args: &ExportLetters,
) -> anyhow::Result<Exit> {
    let meant = Meant::look(session, &args.chosen).await?;
    let count = meant.choice.letters;
    let out = create(&args.out)?;
    // Before the first of them leaves: whoever reads the trail finds it even where this is killed.
    let act = meant.act(&args.by);
    act.note(session, AuditAction::DeadLettersExported, &[("letters", count.to_string())]).await?;
    let wanted = |letter: &DeadLetter| meant.holds(letter);
    let written = match write(&*meant.letters, &wanted, count, out).await {
        Ok(written) => written,
        Err(error) => {
            // A part would pass for the whole, and stand in the way of the next try.
            std::fs::remove_file(&args.out)
                .with_context(|| format!("{error:#}; and cannot remove {}", args.out.display()))?;
            return Err(error.context(format!("cannot write {}", args.out.display())));
        }
    };
    match format {
        Format::Json => output::json(&json!({"exported": written, "file": args.out}))?,
        Format::Text | Format::Csv => output::text(&format!(
            "{} letters are in {}, with raw ids; they lie in {} all the same\n",
            grouped(written),
            args.out.display(),
            meant.queue.name()
        ))?,
    }
    Ok(Exit::Success)
}

/// Writes at most so many letters, a line each; gives how many there were.
async fn write(
    letters: &dyn DeadLetters,
    wanted: &Wanted<'_>,
    most: u64,
    file: File,
) -> anyhow::Result<u64> {
    let bar = progress::count(most, "exported");
    let mut out = BufWriter::new(file);
    let mut walk = Walk::begin(letters, wanted).await?;
    let mut written = 0;
    while let Some(page) = walk.next(PAGE).await? {
        for letter in page.iter().take(usize::try_from(most - written).unwrap_or(usize::MAX)) {
            serde_json::to_writer(&mut out, &line(letter))?;
            writeln!(out)?;
            written += 1;
            bar.inc(1);
        }
    }
    letters.end_look().await?;
    out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    bar.finish_and_clear();
    Ok(written)
}

/// Readable by its owner alone, and never in place of another file.
fn create(path: &Path) -> anyhow::Result<File> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    opened.with_context(|| format!("expected to make the file {}", path.display()))
}

fn line(letter: &DeadLetter) -> serde_json::Value {
    let contents = letter.contents.iter();
    let contents = contents.map(|content| json!({"key": content.key, "body": content.body}));
    json!({
        "attributes": letter.attributes, "sentAt": key_form(letter.sent_at),
        "lost": letter.lost, "contents": contents.collect::<Vec<_>>(),
    })
}
