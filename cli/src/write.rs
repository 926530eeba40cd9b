//! `mindmate write`: puts a mood or a message into the app's table, as the app would.

use std::io::Read as _;

use anyhow::Context as _;
use mindmate_domain::app::{AppItem, Author, DiaryText, Event, EventKind};
use mindmate_domain::instant::key_form;

use crate::args;
use crate::exit::Exit;
use crate::output;
use crate::session::{self, Place};

/// What an item of the table may hold, with room for its other attributes.
const LONGEST_TEXT: u64 = 390 * 1024;

pub(crate) async fn run(place: &Place, args: &args::Write) -> anyhow::Result<Exit> {
    place.fills(args.into_app_table, false)?;
    let user = session::user(&args.user)?;
    let text = words()?;
    let (prefix, kind) = kind(args.mood, text)?;
    let session = place.open().await?;
    let at = session.clock.now();
    let sk = format!("{prefix}#{}", key_form(at));
    let item = AppItem::Event(Event { at, sk: sk.clone(), kind });
    session.ports.items.put(&user, &item).await?;
    output::text(&format!("Written: {sk}\n"))?;
    Ok(Exit::Success)
}

/// A mood with or without a note, or a message.
fn kind(mood: Option<f64>, text: String) -> anyhow::Result<(&'static str, EventKind)> {
    let said = !text.trim().is_empty();
    if let Some(mood) = mood {
        anyhow::ensure!((1.0..=10.0).contains(&mood), "expected a mood from 1 to 10, found {mood}");
        let notes = said.then(|| DiaryText::new(text));
        return Ok(("MOOD", EventKind::Mood { mood, notes, tags: Vec::new() }));
    }
    anyhow::ensure!(said, "expected a message on standard input, or --mood, found neither");
    Ok(("CHAT", EventKind::Chat { author: Author::User, text: DiaryText::new(text) }))
}

/// What standard input says, without the end of its last line.
fn words() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let mut input = std::io::stdin().lock().take(LONGEST_TEXT + 1);
    input.read_to_end(&mut bytes).context("cannot read standard input")?;
    let found = bytes.len() as u64;
    anyhow::ensure!(
        found <= LONGEST_TEXT,
        "expected at most {LONGEST_TEXT} bytes on standard input, found more: an item holds no longer text"
    );
    let text = String::from_utf8(bytes).context("expected UTF-8 on standard input")?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mood_may_have_a_note_and_a_message_has_words() {
        let note = |mood, text: &str| kind(Some(mood), text.to_owned());
        assert!(matches!(note(3.0, ""), Ok(("MOOD", EventKind::Mood { notes: None, .. }))));
        assert!(matches!(note(3.0, "x"), Ok(("MOOD", EventKind::Mood { notes: Some(_), .. }))));
        assert!(note(14.0, "x").is_err());
        assert!(note(f64::NAN, "x").is_err());
        assert!(matches!(kind(None, "x".to_owned()), Ok(("CHAT", _))));
        assert!(kind(None, " \n".to_owned()).is_err());
    }
}
