//! `mindmate dlq list`: where letters lie.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mindmate_contracts::Channel;
use mindmate_domain::instant::key_form;
use mindmate_pipeline::ports::{Causes, PortError, Standing};
use serde_json::json;

use crate::args::Format;
use crate::exit::Exit;
use crate::output::{self, excerpt, grouped};
use crate::session::Session;

/// Letters that are looked at for their causes, where they cannot be counted as a whole.
const SAMPLE: usize = 1_000;

/// Letters that are gone sooner are warned of.
const SOON: SignedDuration = SignedDuration::from_hours(48);

/// One place where letters lie.
struct Row {
    channel: Channel,
    standing: Standing,
    causes: Causes,
}

/// A place that could not be looked at, and why.
struct Unseen {
    channel: Channel,
    error: PortError,
}

impl Unseen {
    fn json(&self) -> serde_json::Value {
        json!({"queue": self.channel.name(), "error": self.error.to_string()})
    }

    fn line(&self) -> String {
        format!(
            "{:<24}   cannot be looked at: {}\n",
            self.channel.name(),
            excerpt(&self.error.to_string())
        )
    }
}

impl Row {
    async fn look(session: &Session, channel: Channel) -> Result<Self, Unseen> {
        let letters = session.ports.channels.dead_letters(channel);
        let look = async {
            let standing = letters.standing().await?;
            let any = standing.all() > 0;
            let causes = if any { letters.causes(SAMPLE).await? } else { Causes::default() };
            Ok(Self { channel, standing, causes })
        };
        look.await.map_err(|error| Unseen { channel, error })
    }

    /// When the oldest letter that was seen is removed by itself.
    fn expires_at(&self) -> Option<Timestamp> {
        let stays = SignedDuration::try_from(self.standing.retention?).ok()?;
        self.causes.oldest?.saturating_add(stays).ok()
    }

    fn json(&self) -> serde_json::Value {
        let causes = self.causes.counts.iter().map(|((stage, code), count)| {
            let stage = Some(stage).filter(|stage| !stage.is_empty());
            json!({"stage": stage, "code": code, "count": count})
        });
        json!({
            "queue": self.channel.name(),
            "letters": self.standing.all(),
            "held": self.standing.held,
            "oldest": self.causes.oldest.map(key_form),
            "expiresAt": self.expires_at().map(key_form),
            "causes": causes.collect::<Vec<_>>(),
            "causesOf": self.causes.looked_at,
        })
    }

    fn line(&self, now: Timestamp) -> String {
        let oldest = self.causes.oldest.map_or_else(|| "-".to_owned(), |at| ago(now, at));
        let expires = match self.expires_at() {
            _ if self.standing.retention.is_none() => "never".to_owned(),
            Some(at) => until(now, at),
            None => "-".to_owned(),
        };
        let held = match self.standing.held {
            0 => String::new(),
            held => format!(" ({} in somebody's hands)", grouped(held)),
        };
        let mut line = format!(
            "{:<24} {:>9}{held}  oldest {oldest}, gone {expires}\n",
            self.channel.name(),
            grouped(self.standing.all()),
        );
        let mut causes: Vec<_> = self.causes.counts.iter().collect();
        causes.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for ((stage, code), count) in causes {
            let stage = if stage.is_empty() { "" } else { &format!(" by {stage}") };
            line += &format!("{:>34}  {}\n", grouped(*count), excerpt(&format!("{code}{stage}")));
        }
        if self.causes.looked_at < self.standing.visible {
            let seen = grouped(self.causes.looked_at);
            line += &format!("{:>34}  causes and ages of {seen} of them\n", "");
        }
        line
    }
}

/// Lists all places, those that cannot be looked at too: one of them hides no other.
pub(super) async fn run(session: &Session, format: Format) -> anyhow::Result<Exit> {
    let (mut rows, mut unseen) = (Vec::new(), Vec::new());
    for channel in Channel::all() {
        match Row::look(session, channel).await {
            Ok(row) => rows.push(row),
            Err(failed) => unseen.push(failed),
        }
    }
    if rows.is_empty()
        && let Some(first) = unseen.pop()
    {
        let words = format!("cannot look at the dead letters of {}", first.channel);
        return Err(anyhow::Error::new(first.error).context(words));
    }
    match format {
        Format::Json => {
            let all = rows.iter().map(Row::json).chain(unseen.iter().map(Unseen::json));
            output::json(&all.collect::<Vec<_>>())?;
        }
        Format::Text | Format::Csv => {
            output::text(&text(&rows, &unseen, session.clock.now()))?;
        }
    }
    Ok(if unseen.is_empty() { Exit::Success } else { Exit::Failure })
}

fn text(rows: &[Row], unseen: &[Unseen], now: Timestamp) -> String {
    let filled: Vec<_> = rows.iter().filter(|row| row.standing.all() > 0).collect();
    let mut out = String::new();
    for row in &filled {
        if let Some(at) = row.expires_at().filter(|at| at.duration_since(now) < SOON) {
            out += &format!(
                "WARNING: letters of {} are gone {}: replay or export them before\n",
                row.channel.name(),
                until(now, at)
            );
        }
    }
    for row in &filled {
        out += &row.line(now);
    }
    out.extend(unseen.iter().map(Unseen::line));
    match (filled.len(), rows.len() - filled.len()) {
        (0, _) if unseen.is_empty() => out + "no letter lies anywhere\n",
        (0, others) => out + &format!("no letter lies in the {others} others\n"),
        (_, 0) => out,
        (_, empty) => out + &format!("{empty} other queues and streams have none\n"),
    }
}

fn ago(now: Timestamp, at: Timestamp) -> String {
    format!("{} ago", rounded(now.duration_since(at).unsigned_abs()))
}

fn until(now: Timestamp, at: Timestamp) -> String {
    if at <= now {
        return "any moment".to_owned();
    }
    format!("in {}", rounded(at.duration_since(now).unsigned_abs()))
}

/// In the largest unit of which there are two.
pub(super) fn rounded(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(retention: Option<Duration>, oldest: &str) -> Row {
        let counts = [(("scoring".to_owned(), "bad-data".to_owned()), 3)].into();
        Row {
            channel: Channel::from_name("scoring").unwrap(),
            standing: Standing { visible: 3, held: 0, retention },
            causes: Causes { counts, looked_at: 3, oldest: Some(oldest.parse().unwrap()) },
        }
    }

    #[test]
    fn a_row_says_when_its_oldest_letter_is_gone() {
        let now = "2026-11-22T06:00:00Z".parse().unwrap();
        let stays = Some(Duration::from_hours(14 * 24));
        let line = row(stays, "2026-11-08T07:00:00Z").line(now);
        assert!(line.contains("oldest 13 days ago, gone in 60 min"), "{line}");
        assert!(row(None, "2026-11-08T07:00:00Z").line(now).contains("gone never"));
    }

    /// What cannot be looked at is told beside the rest, and nobody says that nothing lies there.
    #[test]
    fn a_place_that_cannot_be_looked_at_hides_no_other() {
        let now = "2026-11-22T06:00:00Z".parse().unwrap();
        let unseen = Unseen {
            channel: Channel::from_name("texts").unwrap(),
            error: PortError::transient("sqs", "it is gone\u{1b}"),
        };
        let rows = [row(None, "2026-11-22T05:00:00Z")];
        let told = text(&rows, std::slice::from_ref(&unseen), now);
        assert!(told.contains("3  bad-data by scoring"), "{told}");
        assert!(told.contains(r"cannot be looked at: sqs: it is gone\u{1b}"), "{told}");
        assert!(text(&[], &[unseen], now).ends_with("no letter lies in the 0 others\n"));
    }

    #[test]
    fn times_are_told_in_the_largest_unit_of_which_there_are_two() {
        let told = [0, 119, 120, 7_199, 7_200, 172_799, 172_800];
        let told = told.map(|seconds| rounded(Duration::from_secs(seconds)));
        assert_eq!(told, ["0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 days"]);
    }
}
