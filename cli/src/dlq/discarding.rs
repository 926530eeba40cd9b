//! `mindmate dlq drop`: removes letters for good.

use std::sync::atomic::Ordering;

use mindmate_domain::audit::AuditAction;
use mindmate_pipeline::letters::{PAGE, Walk};
use mindmate_pipeline::ports::DeadLetter;
use serde_json::json;

use super::chosen::{Choice, Filter, codes};
use super::trail::Act;
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
    let chosen = &args.chosen;
    let filter = Filter::of(session, chosen).await?;
    let letters = session.ports.channels.dead_letters(chosen.queue);
    let choice = Choice::look(&*letters, &filter, chosen.limit).await?;
    choice.must_be_some(chosen.queue.name())?;
    let question = format!(
        "Remove {} letters of {} for good ({})?",
        grouped(choice.letters),
        chosen.queue.name(),
        codes(&choice.codes)
    );
    if !agreed(&question, args.yes)? {
        output::text("nothing was removed\n")?;
        return Ok(Exit::Success);
    }
    let act = Act { by: &args.by, queue: chosen.queue, details: filter.details() };
    let meant = ("letters", choice.letters.to_string());
    act.note(session, AuditAction::DropStarted, &[meant]).await?;
    let stop = stop_flag()?;
    let bar = progress::count(choice.letters, "removed");
    let wanted = |letter: &DeadLetter| filter.takes(letter);
    let mut walk = Walk::begin(&*letters, &wanted).await?;
    let (mut asked, mut removed) = (0, 0);
    while let Some(mut page) = walk.next(PAGE).await? {
        page.truncate(usize::try_from(choice.letters - asked).unwrap_or(usize::MAX));
        asked += page.len() as u64;
        let held = walk.hold(page).await?;
        let receipts: Vec<_> = held.into_iter().map(|held| held.receipt).collect();
        let gone = letters.remove(&receipts).await.into_iter().filter(|it| matches!(it, Ok(true)));
        removed += gone.count() as u64;
        bar.set_position(removed);
        if asked >= choice.letters || stop.load(Ordering::SeqCst) {
            break;
        }
    }
    letters.end_look().await?;
    bar.finish_and_clear();
    act.note(session, AuditAction::DropEnded, &[("removed", removed.to_string())]).await?;
    let left = choice.letters - removed;
    match format {
        Format::Json => output::json(&json!({"removed": removed, "left": left}))?,
        Format::Text | Format::Csv => output::text(&format!(
            "{} letters removed, {} of those meant are left\n",
            grouped(removed),
            grouped(left)
        ))?,
    }
    Ok(Exit::Success)
}
