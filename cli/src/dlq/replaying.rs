//! `mindmate dlq replay`: a canary first, then the rest.

use std::num::NonZeroU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::ProgressBar;
use mindmate_contracts::Channel;
use mindmate_domain::audit::AuditAction;
use mindmate_domain::instant::key_form;
use mindmate_pipeline::ports::DeadLetter;
use mindmate_pipeline::replay::{Counts, Pace, Replay, ReplayPorts, Verdict, Waiting};
use serde_json::json;

use super::chosen::{Choice, Meant, codes};
use super::work::Work;
use super::{agreed, stop_flag};
use crate::args::{Format, ReplayLetters};
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::progress;
use crate::session::{Place, Session};

/// How long a queue on AWS must be drained before a canary is through: its counts lag behind by up
/// to a minute.
const QUIET_ON_AWS: Duration = Duration::from_mins(1);

/// The rate on AWS, unless somebody says otherwise: functions and tables have others to serve.
const RATE_ON_AWS: NonZeroU32 = NonZeroU32::new(100).unwrap();

pub(super) async fn run(
    place: &Place,
    format: Format,
    args: &ReplayLetters,
) -> anyhow::Result<Exit> {
    let patience =
        Duration::try_from(args.patience).context("expected a --patience that is not negative")?;
    let mut work = Work::open(place).await?;
    source_is_there(work.session(), args.chosen.queue).await?;
    let meant = Meant::look(work.session(), &args.chosen).await?;
    let choice = &meant.choice;
    work.prepare(choice).await?;
    if args.dry_run {
        show_plan(format, args, choice)?;
        return Ok(Exit::Success);
    }
    let question = format!(
        "Play {} letters of {} back ({})?",
        grouped(choice.letters),
        meant.queue.name(),
        codes(&choice.codes)
    );
    if !args.yes {
        work.pause();
    }
    if !agreed(&question, args.yes)? {
        output::text("nothing was played back\n")?;
        return Ok(Exit::Success);
    }
    let work = work.resume(choice).await?;
    let session = work.session();
    let id = new_id(session)?;
    let act = meant.act(&args.by);
    let begun = [("replayId", id.clone()), ("letters", choice.letters.to_string())];
    act.note(session, AuditAction::ReplayStarted, &begun).await?;
    let wanted = |letter: &DeadLetter| meant.holds(letter);
    let ports = ReplayPorts {
        letters: &*meant.letters,
        publisher: &*session.ports.publisher,
        clock: &*session.clock,
    };
    let replay = Replay::begin(ports, meant.queue, id.clone(), &wanted).await?;
    let stop = stop_flag()?;
    let rate = args.rate.or_else(|| place.is_aws().then_some(RATE_ON_AWS));
    let bar = progress::count(choice.letters, "played back");
    // Counts lag behind on AWS alone.
    let quiet = if place.is_aws() { QUIET_ON_AWS } else { Duration::ZERO };
    let waiting = Waiting { patience, quiet, stop: &stop };
    let mut playing = Playing { replay, work: &work, args, rate, waiting, bar, meant: &meant };
    let ended = playing.play().await;
    playing.bar.finish_and_clear();
    let counts = playing.replay.end().await?;
    let outcome = [
        ("replayId", id.clone()),
        ("replayed", counts.replayed.to_string()),
        ("ended", ended.as_ref().map_or("failed", |ended| ended.name()).to_owned()),
    ];
    act.note(session, AuditAction::ReplayEnded, &outcome).await?;
    let ended = ended.with_context(|| {
        format!(
            "{} letters are played back, the others lie in {} as before",
            grouped(counts.replayed),
            meant.queue.name()
        )
    })?;
    tell(format, &Told { id: &id, args, choice, counts, ended, looked: work.is_here() })?;
    Ok(ended.exit())
}

/// Fails where the queue that the letters come from cannot be looked at, before any is touched.
async fn source_is_there(session: &Session, queue: Channel) -> anyhow::Result<()> {
    let looked = session.ports.channels.dead_letters(queue).source().await;
    looked.map(drop).with_context(|| {
        format!(
            "expected the {queue} to play letters back into, and it cannot be looked at; the letters lie where they lay: deploy the stack again, or name another queue in the environment"
        )
    })
}

/// How a replay ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// All that were meant are played back.
    Complete,
    /// Somebody stopped it.
    Stopped,
    /// So many came back, of the canary or of all.
    CameBack(u64),
    /// Nobody knows what became of the canary.
    Undecided,
    /// Some could not be sent, or are in somebody else's hands.
    Unsent,
}

impl Ended {
    fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Stopped => "stopped",
            Self::CameBack(_) => "cameBack",
            Self::Undecided => "undecided",
            Self::Unsent => "unsent",
        }
    }

    fn exit(self) -> Exit {
        match self {
            Self::Complete => Exit::Success,
            Self::CameBack(_) => Exit::CameBack,
            Self::Stopped | Self::Undecided | Self::Unsent => Exit::Failure,
        }
    }
}

struct Playing<'a> {
    replay: Replay<'a>,
    work: &'a Work,
    args: &'a ReplayLetters,
    rate: Option<NonZeroU32>,
    waiting: Waiting<'a>,
    bar: ProgressBar,
    meant: &'a Meant,
}

impl Playing<'_> {
    async fn play(&mut self) -> anyhow::Result<Ended> {
        let meant = self.meant.choice.letters;
        let canary = self.args.canary.min(meant);
        if canary > 0 {
            self.send(canary).await?;
            match self.verdict().await? {
                Verdict::Through => {}
                Verdict::CameBack(back) => return Ok(Ended::CameBack(back)),
                Verdict::Undecided if self.is_stopped() => return Ok(Ended::Stopped),
                Verdict::Undecided => return Ok(Ended::Undecided),
            }
        }
        let rest = meant.saturating_sub(canary);
        if rest > 0 {
            self.send(rest).await?;
        }
        self.work.go(&*self.meant.letters).await?;
        // What came back of the rest is told where this command itself did the work.
        if self.work.is_here() {
            let back = self.replay.came_back().await?;
            if back > 0 {
                return Ok(Ended::CameBack(back));
            }
        }
        let counts = self.replay.counts();
        Ok(if self.is_stopped() {
            Ended::Stopped
        } else if counts.replayed + counts.duplicated < meant {
            Ended::Unsent
        } else {
            Ended::Complete
        })
    }

    fn is_stopped(&self) -> bool {
        self.waiting.stop.load(Ordering::SeqCst)
    }

    async fn send(&mut self, most: u64) -> anyhow::Result<()> {
        let pace = Pace { most: Some(most), rate: self.rate, stop: self.waiting.stop };
        let bar = self.bar.clone();
        self.replay.send(pace, |counts: Counts| bar.set_position(counts.replayed)).await?;
        Ok(())
    }

    async fn verdict(&self) -> anyhow::Result<Verdict> {
        let sent = grouped(self.replay.counts().replayed);
        self.bar.suspend(|| eprintln!("the canary of {sent} is on its way"));
        self.work.go(&*self.meant.letters).await?;
        Ok(self.replay.verdict(self.waiting).await?)
    }
}

/// An id that tells when it was, and that no other has.
fn new_id(session: &Session) -> anyhow::Result<String> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).context("cannot draw from the system's generator")?;
    let random = random.map(|byte| format!("{byte:02x}")).concat();
    Ok(format!("replay-{}-{random}", key_form(session.clock.now())))
}

fn show_plan(format: Format, args: &ReplayLetters, choice: &Choice) -> anyhow::Result<()> {
    let canary = args.canary.min(choice.letters);
    if format == Format::Json {
        return output::json(&json!({
            "dryRun": true, "letters": choice.letters, "codes": choice.codes, "canary": canary,
            "others": choice.all - choice.letters, "held": choice.held, "cutShort": choice.cut_short,
        }));
    }
    let mut more = String::new();
    if choice.cut_short {
        more += "; more lie there than can be looked at";
    }
    if choice.held > 0 {
        more += &format!("; {} more are in somebody's hands", grouped(choice.held));
    }
    output::text(&format!(
        "would play back {} of the {} letters in {}: {}{more}\n{} of them first, as a canary; nothing was moved\n",
        grouped(choice.letters),
        grouped(choice.all),
        args.chosen.queue.name(),
        codes(&choice.codes),
        grouped(canary),
    ))
}

/// What is told at the end.
struct Told<'a> {
    id: &'a str,
    args: &'a ReplayLetters,
    choice: &'a Choice,
    counts: Counts,
    ended: Ended,
    /// Whether somebody looked at what became of all of them.
    looked: bool,
}

fn tell(format: Format, told: &Told<'_>) -> anyhow::Result<()> {
    let Told { id, args, choice, counts, ended, looked } = told;
    let back = if let Ended::CameBack(back) = ended { *back } else { 0 };
    if format == Format::Json {
        return output::json(&json!({
            "replayId": id, "ended": ended.name(), "meant": choice.letters,
            "replayed": counts.replayed, "cameBack": back, "elsewhere": counts.elsewhere,
            "unplayable": counts.unplayable, "failed": counts.failed,
            "duplicated": counts.duplicated,
        }));
    }
    let queue = args.chosen.queue.name();
    let left = choice.letters.saturating_sub(counts.replayed);
    let mut out =
        format!("{} letters of {queue} are played back ({id})\n", grouped(counts.replayed));
    out += &match ended {
        Ended::Complete if *looked => String::new(),
        Ended::Complete => format!(
            "whether they all get through nobody has looked: `mindmate dlq show {queue}` shows what came back\n"
        ),
        Ended::Unsent => format!("{} of those meant are left\n", grouped(left)),
        Ended::Stopped => format!("it was stopped; {} are left: type it again\n", grouped(left)),
        Ended::CameBack(back) => format!(
            "{} of them came back: the cause is not mended. {} that were not sent stay in {queue}; `mindmate dlq show {queue}` says why\n",
            grouped(*back),
            grouped(left)
        ),
        Ended::Undecided => format!(
            "{queue} did not drain in time, so that nobody knows what became of the canary; {} stay in {queue}. Is its consumer working? Wait longer (--patience), or go without (--canary 0)\n",
            grouped(left)
        ),
    };
    for (count, words) in [
        (counts.elsewhere, "are in somebody else's hands: another replay moves them"),
        (counts.unplayable, "cannot be played back: their contents are lost; `show` says why"),
        (counts.failed, "could not be sent and lie where they lay: type it again"),
        (
            counts.duplicated,
            "were sent and could not be removed: they may go twice, which does no harm",
        ),
    ] {
        if count > 0 {
            out += &format!("{} {words}\n", grouped(count));
        }
    }
    output::text(&out)
}
