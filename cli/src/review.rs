//! `mindmate review`: what waits for a human.

use std::path::Path;

use mindmate_domain::instant::key_form;
use mindmate_domain::intervention::ReviewEntry;
use serde_json::json;

use crate::args::{self, Format};
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::session::{self, Session};

/// Entries and notices that are shown.
const SHOWN: usize = 100;

/// Entries of which one look can acknowledge some.
const MOST: usize = 1_000_000;

pub(crate) async fn run(data: &Path, format: Format, args: &args::Review) -> anyhow::Result<Exit> {
    let session = Session::open_existing(data)?;
    match (&args.acknowledge, &args.by) {
        (Some(user), Some(by)) => acknowledge(&session, user, by).await,
        _ => list(&session, format, args.reveal).await,
    }
}

async fn list(session: &Session, format: Format, reveal: bool) -> anyhow::Result<Exit> {
    let entries = session.backend.reviews().open(SHOWN).await?;
    let notices = session.backend.notices(SHOWN).await?;
    let pseudonyms = session.pseudonyms().await?;
    let name = |entry: &ReviewEntry| {
        if reveal { entry.user.as_str().to_owned() } else { pseudonyms.of(&entry.user).to_string() }
    };
    if format == Format::Json {
        let entries = entries.iter().map(|entry| {
            json!({
                "user": name(entry), "asOf": entry.as_of, "reason": entry.reason,
                "level": entry.level, "dueAt": key_form(entry.due_at),
                "contentAllowed": entry.content_allowed,
            })
        });
        let notices = notices.iter().map(|one| json!({"at": key_form(one.at), "text": one.text}));
        output::json(&json!({
            "open": entries.collect::<Vec<_>>(), "notices": notices.collect::<Vec<_>>(),
        }))?;
        return Ok(Exit::Success);
    }
    let mut out = format!("{} entries wait for a human\n", grouped(entries.len() as u64));
    for entry in &entries {
        out += &format!(
            "  due {}  {:<8}  {:<20}  {}  asOf {}\n",
            key_form(entry.due_at),
            entry.level.name(),
            entry.reason.name(),
            name(entry),
            entry.as_of
        );
    }
    if !notices.is_empty() {
        out += "\nNotices to those on duty, latest first\n";
    }
    for notice in &notices {
        out += &format!("  {}  {}\n", key_form(notice.at), notice.text);
    }
    output::text(&out)?;
    Ok(Exit::Success)
}

async fn acknowledge(session: &Session, user: &str, by: &str) -> anyhow::Result<Exit> {
    let user = session::user(user)?;
    let queue = session.backend.reviews();
    let now = session.clock.now();
    let mut acknowledged = 0_u64;
    for entry in queue.open(MOST).await?.iter().filter(|entry| entry.user == user) {
        let done = queue.acknowledge(&user, entry.as_of, entry.reason, by, now).await?;
        acknowledged += u64::from(done);
    }
    anyhow::ensure!(acknowledged > 0, "nothing of this user waits for a human");
    output::text(&format!("{} entries acknowledged by {by}\n", grouped(acknowledged)))?;
    Ok(Exit::Success)
}
