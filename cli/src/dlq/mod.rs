//! `mindmate dlq`: the messages that could not be delivered.

mod chosen;
mod discarding;
mod export;
mod list;
mod replaying;
mod show;
mod trail;
mod work;

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use mindmate_host::worker::signals;

use crate::args::{self, DlqAction, Format};
use crate::exit::Exit;
use crate::session::Place;

pub(crate) async fn run(place: &Place, format: Format, args: &args::Dlq) -> anyhow::Result<Exit> {
    match &args.action {
        DlqAction::List => list::run(&place.open_letters().await?, format).await,
        DlqAction::Show(args) => show::run(&place.open_letters().await?, format, args).await,
        DlqAction::Replay(args) => replaying::run(place, format, args).await,
        DlqAction::Export(args) => export::run(&place.open_letters().await?, format, args).await,
        DlqAction::Drop(args) => discarding::run(&place.open_letters().await?, format, args).await,
    }
}

/// Asks a person, unless they said yes already. Says whether to go on.
fn agreed(question: &str, yes: bool) -> anyhow::Result<bool> {
    if yes {
        return Ok(true);
    }
    anyhow::ensure!(
        io::stdin().is_terminal(),
        "expected --yes, or a terminal to ask on: {question}"
    );
    let mut out = io::stderr().lock();
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Becomes true at the first signal to stop: what is in hand is finished, and nothing new begun.
fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let mut heard = signals().context("the system takes no handlers of signals")?;
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    tokio::spawn(async move {
        if heard.recv().await.is_some() {
            flag.store(true, Ordering::SeqCst);
        }
    });
    Ok(stop)
}
