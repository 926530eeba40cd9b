//! `mindmate dlq show`: letters, each with its cause.

use mindmate_contracts::About;
use mindmate_domain::audit::AuditAction;
use mindmate_domain::instant::key_form;
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_pipeline::letters::{PAGE, Walk};
use mindmate_pipeline::ports::DeadLetter;
use serde_json::json;

use super::chosen::Filter;
use super::trail::Act;
use crate::args::{Format, ShowLetters};
use crate::exit::Exit;
use crate::output::{self, excerpt, grouped, printable};
use crate::session::Session;

/// Letters that are shown to people, unless they ask for more.
const SHOWN: u64 = 20;

pub(super) async fn run(
    session: &Session,
    format: Format,
    args: &ShowLetters,
) -> anyhow::Result<Exit> {
    let chosen = &args.chosen;
    let filter = Filter::of(session, chosen).await?;
    if args.reveal {
        let by = args.by.as_deref().unwrap_or_default();
        let act = Act { by, queue: chosen.queue, details: filter.details() };
        act.note(session, AuditAction::DeadLettersRevealed, &[]).await?;
    }
    let view = View { pseudonyms: session.installation.pseudonyms().await?, reveal: args.reveal };
    let limit = chosen.limit.unwrap_or(if format == Format::Json { u64::MAX } else { SHOWN });
    let letters = session.ports.channels.dead_letters(chosen.queue);
    let wanted = |letter: &DeadLetter| filter.takes(letter);
    let mut walk = Walk::begin(&*letters, &wanted).await?;
    let (mut shown, mut more) = (0, 0);
    while let Some(page) = walk.next(PAGE).await? {
        for letter in &page {
            if shown == limit {
                more += 1;
                continue;
            }
            shown += 1;
            match format {
                Format::Json => output::json_line(&view.json(letter))?,
                Format::Text | Format::Csv => output::text(&view.text(letter))?,
            }
        }
    }
    letters.end_look().await?;
    if format != Format::Json {
        output::text(&ending(shown, more, walk.looked_at))?;
    }
    Ok(Exit::Success)
}

fn ending(shown: u64, more: u64, looked_at: u64) -> String {
    match (shown, more) {
        (0, _) if looked_at == 0 => "no letter lies there that nobody holds\n".to_owned(),
        (0, _) => format!("no such letter among the {} that lie there\n", grouped(looked_at)),
        (_, 0) => format!("{} letters\n", grouped(shown)),
        _ => format!("{} letters, and {} more: --limit N shows N\n", grouped(shown), grouped(more)),
    }
}

struct View {
    pseudonyms: PseudonymKey,
    reveal: bool,
}

impl View {
    fn user(&self, about: &About) -> Option<String> {
        let user = about.user.as_ref()?;
        Some(if self.reveal {
            user.as_str().to_owned()
        } else {
            self.pseudonyms.of(user).to_string()
        })
    }

    fn json(&self, letter: &DeadLetter) -> serde_json::Value {
        let about = letter.about();
        let messages = about.iter().map(|about| {
            json!({
                "type": about.kind, "user": self.user(about), "run": about.run,
                "historical": about.historical,
            })
        });
        let mut value = json!({
            "code": letter.code(), "stage": letter.stage(), "cause": letter.cause(),
            "attempts": letter.attempts(), "replays": letter.replays(),
            "deadLetteredAt": key_form(letter.dead_lettered_at()),
            "firstDeadLetteredAt": key_form(letter.first_dead_lettered_at()),
            "expiresAt": letter.expires_at.map(key_form),
            "lost": letter.lost, "messages": messages.collect::<Vec<_>>(),
        });
        if self.reveal {
            let bodies = letter.contents.iter().map(|content| content.body.as_str());
            value["bodies"] = bodies.collect::<Vec<_>>().into();
        }
        value
    }

    fn text(&self, letter: &DeadLetter) -> String {
        let first = key_form(letter.first_dead_lettered_at());
        let stage = letter.stage().map_or("nobody knows", |stage| stage.name());
        let tried = letter.attempts().map_or_else(String::new, |n| format!(", tried {n} times"));
        let replays = match letter.replays() {
            0 => String::new(),
            n => {
                let last = key_form(letter.dead_lettered_at());
                format!(", played back {n} times, given up again {last}")
            }
        };
        let mut out = format!("{first}  {}  by {stage}{tried}{replays}\n", excerpt(letter.code()));
        if let Some(cause) = letter.cause() {
            out += &format!("    {}\n", excerpt(cause));
        }
        if let Some(lost) = &letter.lost {
            out += &format!("    cannot be played back: {}\n", excerpt(lost));
        }
        for about in letter.about() {
            let user = self.user(&about).map_or_else(String::new, |user| format!("  of {user}"));
            let run = about.run.as_ref().map_or_else(String::new, |run| format!("  in {run}"));
            let line = [about.kind, user, run].map(|text| excerpt(&text)).concat();
            out += &format!("    {line}\n");
        }
        if self.reveal {
            for content in &letter.contents {
                out += &format!("    {}\n", printable(&content.body));
            }
        }
        out
    }
}
