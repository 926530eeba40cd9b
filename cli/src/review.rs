//! `mindmate review`: what waits for a human.

use anyhow::Context as _;
use mindmate_domain::AsOf;
use mindmate_domain::instant::key_form;
use mindmate_domain::intervention::ReviewEntry;
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_pipeline::ports::Notice;
use serde_json::json;

use crate::args::{self, Format};
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::session::{Place, Session};

/// Entries and notices that are shown.
const SHOWN: usize = 100;

/// Entries of which one look can acknowledge some.
const MOST: usize = 1_000_000;

pub(crate) async fn run(
    place: &Place,
    format: Format,
    args: &args::Review,
) -> anyhow::Result<Exit> {
    let session = place.open_existing().await?;
    match (&args.acknowledge, &args.by) {
        (Some(user), Some(by)) => acknowledge(&session, args, user, by).await,
        _ => list(&session, format, args.reveal).await,
    }
}

/// What is shown of the queue.
struct Listing {
    /// The first of them, as they are to be looked at.
    entries: Vec<ReviewEntry>,
    /// How many there are in all.
    open: u64,
    /// None where they are sent and not kept to be read.
    notices: Option<Vec<Notice>>,
    pseudonyms: PseudonymKey,
    reveal: bool,
}

async fn list(session: &Session, format: Format, reveal: bool) -> anyhow::Result<Exit> {
    let queue = &session.ports.reviews;
    let listing = Listing {
        entries: queue.open(SHOWN).await?,
        open: queue.count_open().await?,
        notices: session.installation.notices(SHOWN).await?,
        pseudonyms: session.installation.pseudonyms().await?,
        reveal,
    };
    match format {
        Format::Json => output::json(&listing.json())?,
        Format::Text | Format::Csv => output::text(&listing.text())?,
    }
    Ok(Exit::Success)
}

impl Listing {
    fn name(&self, entry: &ReviewEntry) -> String {
        if self.reveal {
            entry.user.as_str().to_owned()
        } else {
            self.pseudonyms.of(&entry.user).to_string()
        }
    }

    fn json(&self) -> serde_json::Value {
        let entries = self.entries.iter().map(|entry| {
            json!({
                "user": self.name(entry), "asOf": entry.as_of, "reason": entry.reason,
                "level": entry.level, "historical": entry.historical,
                "dueAt": key_form(entry.due_at), "contentAllowed": entry.content_allowed,
            })
        });
        let notices = self.notices.as_ref().map(|notices| {
            let shown = |one: &Notice| json!({"at": key_form(one.at), "text": one.text});
            notices.iter().map(shown).collect::<Vec<_>>()
        });
        json!({
            "count": self.open, "open": entries.collect::<Vec<_>>(),
            "notices": notices,
        })
    }

    fn text(&self) -> String {
        let mut out = format!("{} entries wait for a human\n", grouped(self.open));
        for entry in &self.entries {
            out += &format!("  {}\n", line(entry, &self.name(entry)));
        }
        let more = self.open.saturating_sub(self.entries.len() as u64);
        if more > 0 {
            out += &format!("  … and {} more, less urgent than these\n", grouped(more));
        }
        let Some(notices) = &self.notices else {
            return out
                + "\nNotices to those on duty go to the subscribers of the topic of alerts\n";
        };
        if !notices.is_empty() {
            out += "\nNotices to those on duty, latest first\n";
        }
        for notice in notices {
            out += &format!("  {}  {}\n", key_form(notice.at), notice.text);
        }
        out
    }
}

fn line(entry: &ReviewEntry, name: &str) -> String {
    let historical = if entry.historical { "  (historical)" } else { "" };
    format!(
        "due {}  {:<8}  {:<20}  {name}  asOf {}{historical}",
        key_form(entry.due_at),
        entry.level.name(),
        entry.reason.name(),
        entry.as_of
    )
}

async fn acknowledge(
    session: &Session,
    args: &args::Review,
    user: &str,
    by: &str,
) -> anyhow::Result<Exit> {
    let pseudonyms = session.installation.pseudonyms().await?;
    let queue = &session.ports.reviews;
    let mut entries = queue.open(MOST).await?;
    entries.retain(|entry| {
        entry.user.as_str() == user || pseudonyms.of(&entry.user).to_string() == user
    });
    let chosen = chosen(entries, args.as_of, args.all)?;
    let now = session.clock.now();
    let mut acknowledged = 0_u64;
    for entry in &chosen {
        let (user, reason) = (&entry.user, entry.reason);
        let done = queue.acknowledge(user, entry.as_of, reason, by, now).await?;
        acknowledged += u64::from(done);
    }
    anyhow::ensure!(acknowledged > 0, "somebody else was faster: nothing is left to acknowledge");
    output::text(&format!("{} entries acknowledged by {by}\n", grouped(acknowledged)))?;
    Ok(Exit::Success)
}

/// Of a user's open entries, those that are meant: whoever took notice of one has not seen the
/// others.
fn chosen(
    entries: Vec<ReviewEntry>,
    as_of: Option<AsOf>,
    all: bool,
) -> anyhow::Result<Vec<ReviewEntry>> {
    let first = entries.first().context("nothing of this user waits for a human")?.as_of;
    let instants = || {
        let instants = entries.iter().map(|entry| format!("\n  --as-of {}", entry.as_of));
        instants.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<String>()
    };
    let one = match as_of {
        _ if all => return Ok(entries),
        Some(as_of) => as_of,
        None if entries.iter().all(|entry| entry.as_of == first) => first,
        None => anyhow::bail!(
            "entries of several assessments of this user wait: choose one, or --all{}",
            instants()
        ),
    };
    let known = instants();
    let chosen: Vec<_> = entries.into_iter().filter(|entry| entry.as_of == one).collect();
    anyhow::ensure!(!chosen.is_empty(), "of this user there is none of {one}, only{known}");
    Ok(chosen)
}
