//! `mindmate dlq list`: where letters lie.

use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use mindmate_contracts::Channel;
use mindmate_domain::instant::key_form;
use mindmate_pipeline::ports::{Causes, Standing};
use serde_json::json;

use crate::args::Format;
use crate::exit::Exit;
use crate::output::{self, grouped};
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

impl Row {
    async fn look(session: &Session, channel: Channel) -> anyhow::Result<Self> {
        let letters = session.ports.channels.dead_letters(channel);
        let words = || format!("cannot look at the dead letters of {channel}");
        let standing = letters.standing().await.with_context(words)?;
        let causes =
            if standing.all() > 0 { letters.causes(SAMPLE).await? } else { Causes::default() };
        Ok(Self { channel, standing, causes })
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
            line += &format!("{:>34}  {code}{stage}\n", grouped(*count));
        }
        if self.causes.looked_at < self.standing.visible {
            let seen = grouped(self.causes.looked_at);
            line += &format!("{:>34}  causes and ages of {seen} of them\n", "");
        }
        line
    }
}

pub(super) async fn run(session: &Session, format: Format) -> anyhow::Result<Exit> {
    let mut rows = Vec::new();
    for channel in Channel::all() {
        rows.push(Row::look(session, channel).await?);
    }
    match format {
        Format::Json => output::json(&rows.iter().map(Row::json).collect::<Vec<_>>())?,
        Format::Text | Format::Csv => output::text(&text(&rows, session))?,
    }
    Ok(Exit::Success)
}

fn text(rows: &[Row], session: &Session) -> String {
    let now = session.clock.now();
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
    match (filled.len(), rows.len() - filled.len()) {
        (0, _) => out + "no letter lies anywhere\n",
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

    #[test]
    fn times_are_told_in_the_largest_unit_of_which_there_are_two() {
        let told = [0, 119, 120, 7_199, 7_200, 172_799, 172_800];
        let told = told.map(|seconds| rounded(Duration::from_secs(seconds)));
        assert_eq!(told, ["0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 days"]);
    }
}
