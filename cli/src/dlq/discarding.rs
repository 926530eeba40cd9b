//! `mindmate dlq drop`: removes letters for good.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use mindmate_domain::audit::AuditAction;
use mindmate_pipeline::letters::{PAGE, Walk, Wanted};
use mindmate_pipeline::ports::{DeadLetter, DeadLetters};
use serde_json::json;

use super::chosen::{Meant, codes};
use super::{agreed, stop_flag};
use crate::args::{DropLetters, Format};
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::progress;
use crate::session::Session;

pub(super) async fn run(
    session: &Session,
    format: Format,
    args: &DropLetters,
) -> anyhow::Result<Exit> {
    let meant = Meant::look(session, &args.chosen).await?;
    let choice = &meant.choice;
    let question = format!(
        "Remove {} letters of {} for good ({})?",
        grouped(choice.letters),
        meant.queue.name(),
        codes(&choice.codes)
    );
    if !agreed(&question, args.yes)? {
        output::text("nothing was removed\n")?;
        return Ok(Exit::Success);
    }
    let act = meant.act(&args.by);
    let count = ("letters", choice.letters.to_string());
    act.note(session, AuditAction::DropStarted, &[count]).await?;
    let stop = stop_flag()?;
    let mut removed = 0;
    let wanted = |letter: &DeadLetter| meant.holds(letter);
    let ended = discard(&*meant.letters, &wanted, choice.letters, &stop, &mut removed).await;
    act.note(session, AuditAction::DropEnded, &[("removed", removed.to_string())]).await?;
    ended.with_context(|| format!("{} letters are removed, the others stay", grouped(removed)))?;
    let left = choice.letters - removed;
    match format {
        Format::Json => output::json(&json!({"removed": removed, "left": left}))?,
        Format::Text | Format::Csv => output::text(&format!(
            "{} letters removed, {} of those meant are left\n",
            grouped(removed),
            grouped(left)
        ))?,
    }
    Ok(if left > 0 { Exit::Failure } else { Exit::Success })
}

/// Removes at most so many, a page at a time, and counts them in `removed` even where it fails.
async fn discard(
    letters: &dyn DeadLetters,
    wanted: &Wanted<'_>,
    most: u64,
    stop: &AtomicBool,
    removed: &mut u64,
) -> anyhow::Result<()> {
    let bar = progress::count(most, "removed");
    let mut walk = Walk::begin(letters, wanted).await?;
    let mut asked = 0;
    while asked < most && !stop.load(Ordering::SeqCst) {
        let Some(mut page) = walk.next(PAGE).await? else { break };
        page.truncate(usize::try_from(most - asked).unwrap_or(usize::MAX));
        asked += page.len() as u64;
        let held = walk.hold(page).await?;
        let receipts: Vec<_> = held.into_iter().map(|held| held.receipt).collect();
        let mut failed = None;
        for result in letters.remove(&receipts).await {
            match result {
                Ok(gone) => *removed += u64::from(gone),
                Err(error) => failed = Some(error),
            }
        }
        bar.set_position(*removed);
        if let Some(error) = failed {
            return Err(error.into());
        }
    }
    letters.end_look().await?;
    bar.finish_and_clear();
    Ok(())
}
