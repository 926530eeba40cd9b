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

/// Entries and notices that are shown to people, unless they ask for more.
const SHOWN: usize = 100;

/// Entries that one look takes in: all that wait, for programs and for acknowledging.
const MOST: usize = 1_000_000;

pub(crate) async fn run(
    place: &Place,
    format: Format,
    args: &args::Review,
) -> anyhow::Result<Exit> {
    let session = place.open_existing().await?;
    match (&args.acknowledge, &args.by) {
        (Some(user), Some(by)) => acknowledge(&session, args, user, by).await,
        _ => list(&session, format, args).await,
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
    /// The instants of the historical runs.
    past: Vec<AsOf>,
    pseudonyms: PseudonymKey,
    reveal: bool,
}

/// How many entries are listed. A program that got some only would take them for all.
fn limit(format: Format, asked: Option<usize>) -> usize {
    asked.unwrap_or(match format {
        Format::Json => MOST,
        Format::Text | Format::Csv => SHOWN,
    })
}

async fn list(session: &Session, format: Format, args: &args::Review) -> anyhow::Result<Exit> {
    let queue = &session.ports.reviews;
    let listing = Listing {
        entries: queue.open(limit(format, args.limit)).await?,
        open: queue.count_open().await?,
        notices: session.installation.notices(SHOWN).await?,
        past: past(session).await?,
        pseudonyms: session.installation.pseudonyms().await?,
        reveal: args.reveal,
    };
    match format {
        Format::Json => output::json(&listing.json())?,
        Format::Text | Format::Csv => output::text(&listing.text())?,
    }
    Ok(Exit::Success)
}

/// The instants of the historical runs: nobody waits for what they have to tell.
async fn past(session: &Session) -> anyhow::Result<Vec<AsOf>> {
    let runs = session.ports.ledger.runs().await?;
    Ok(runs.into_iter().filter(|run| run.historical).map(|run| run.as_of).collect())
}

impl Listing {
    /// Whether a historical run made the notice, whose id ends with the `asOf`: the replay of a
    /// past day must not send anybody running.
    fn is_historical(&self, notice: &Notice) -> bool {
        let as_of = notice.id.rsplit('/').next().and_then(|as_of| as_of.parse::<AsOf>().ok());
        as_of.is_some_and(|as_of| self.past.contains(&as_of))
    }

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
            let shown = |one: &Notice| {
                let historical = self.is_historical(one);
                json!({"at": key_form(one.at), "text": one.text, "historical": historical})
            };
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
            out += &format!("  {}\n", line(entry, &output::printable(&self.name(entry))));
        }
        let more = self.open.saturating_sub(self.entries.len() as u64);
        if more > 0 {
            let more = grouped(more);
            out += &format!("  … and {more} more, less urgent than these: --limit N shows N\n");
        }
        let Some(notices) = &self.notices else {
            return out
                + "\nNotices to those on duty go to the subscribers of the topic of alerts\n";
        };
        if !notices.is_empty() {
            out += "\nNotices to those on duty, latest first\n";
        }
        for notice in notices {
            let mark = if self.is_historical(notice) { "(historical) " } else { "" };
            out += &format!("  {}  {mark}{}\n", key_form(notice.at), notice.text);
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

#[cfg(test)]
mod tests {
    use mindmate_domain::intervention::ReviewReason;
    use mindmate_domain::pseudonym::KEY_BYTES;
    use mindmate_domain::{RiskLevel, UserId};

    use super::*;

    #[test]
    fn programs_get_all_entries_and_people_as_many_as_they_ask_for() {
        assert_eq!(limit(Format::Json, None), MOST);
        assert_eq!(limit(Format::Text, None), SHOWN);
        assert_eq!((limit(Format::Json, Some(7)), limit(Format::Text, Some(700))), (7, 700));
    }

    #[test]
    fn an_id_cannot_steer_the_terminal_that_it_is_revealed_on() {
        let as_of: AsOf = "2026-11-22T06:00:00Z".parse().unwrap();
        let entry = ReviewEntry {
            user: UserId::new("ada\u{1b}[2J\nnobody waits").unwrap(),
            as_of,
            reason: ReviewReason::CriticalAssessment,
            level: RiskLevel::Critical,
            historical: false,
            content_allowed: false,
            entered_at: as_of.instant(),
            due_at: as_of.instant(),
        };
        let pseudonyms = PseudonymKey::new([7; KEY_BYTES]);
        let notices = Some(Vec::new());
        let (entries, past) = (vec![entry], Vec::new());
        let listing = Listing { entries, open: 1, notices, past, pseudonyms, reveal: true };
        let text = listing.text();
        assert!(text.contains(r"ada\u{1b}[2J\nnobody waits"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn a_notice_of_a_historical_run_is_marked() {
        let notice = |day: u8| Notice {
            id: format!("criticalNotDelivered/u:1/2026-11-{day}T06:00:00.000Z"),
            at: "2026-11-22T06:00:00Z".parse().unwrap(),
            text: "somebody was not reached".to_owned(),
        };
        let listing = Listing {
            entries: Vec::new(),
            open: 0,
            notices: Some(vec![notice(21), notice(22)]),
            past: vec!["2026-11-21T06:00:00Z".parse().unwrap()],
            pseudonyms: PseudonymKey::new([7; KEY_BYTES]),
            reveal: false,
        };
        let text = listing.text();
        assert_eq!(text.matches("(historical) somebody").count(), 1, "{text}");
        let marks: Vec<_> =
            (0..2).map(|n| listing.json()["notices"][n]["historical"].clone()).collect();
        assert_eq!(marks, [true, false]);
    }
}
