//! Which letters are meant, and what they come to.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use mindmate_contracts::Channel;
use mindmate_domain::pseudonym::{Pseudonym, PseudonymKey};
use mindmate_domain::{RunId, StageName, UserId};
use mindmate_pipeline::letters::{PAGE, Walk, digest};
use mindmate_pipeline::ports::{DeadLetter, DeadLetters};

use super::trail::Act;
use crate::args::{Chosen, Since};
use crate::output::{excerpt, grouped};
use crate::session::Session;

/// Says of letters whether they are meant.
#[derive(Clone)]
pub(super) struct Filter {
    code: Option<String>,
    stage: Option<StageName>,
    user: Option<String>,
    run: Option<String>,
    since: Option<Timestamp>,
    pseudonyms: PseudonymKey,
}

impl Filter {
    pub(super) async fn of(session: &Session, chosen: &Chosen) -> anyhow::Result<Self> {
        let since = match chosen.since {
            None => None,
            Some(Since::At(instant)) => Some(instant),
            Some(Since::Ago(ago)) => Some(session.clock.now().saturating_sub(ago)?),
        };
        let user = chosen.user.as_deref();
        Ok(Self {
            code: chosen.code.clone(),
            stage: chosen.stage,
            user: user.map(|id| id.strip_prefix("USER#").unwrap_or(id).to_owned()),
            run: chosen.run.clone(),
            since,
            pseudonyms: session.installation.pseudonyms().await?,
        })
    }

    pub(super) fn takes(&self, letter: &DeadLetter) -> bool {
        self.code.as_deref().is_none_or(|code| code == letter.code())
            && self.stage.is_none_or(|stage| letter.stage() == Some(stage))
            && self.since.is_none_or(|since| letter.dead_lettered_at() >= since)
            && self.takes_content(letter)
    }

    /// Bodies are read only where somebody asks for what stands in them.
    fn takes_content(&self, letter: &DeadLetter) -> bool {
        if self.user.is_none() && self.run.is_none() {
            return true;
        }
        letter.about().iter().any(|about| {
            let is_user = |wanted: &String| {
                about.user.as_ref().is_some_and(|user| {
                    user.as_str() == wanted || self.pseudonyms.of(user).to_string() == *wanted
                })
            };
            let is_run =
                |wanted: &String| about.run.as_ref().is_some_and(|run| run.as_str() == wanted);
            self.user.as_ref().is_none_or(is_user) && self.run.as_ref().is_none_or(is_run)
        })
    }

    /// The conditions, for the audit trail: ids as keyed hashes.
    pub(super) fn details(&self) -> BTreeMap<String, String> {
        let user = self.user.as_deref().map(|user| match UserId::new(user) {
            _ if Pseudonym::is_shown_as(user) => user.to_owned(),
            Ok(id) => self.pseudonyms.of(&id).to_string(),
            Err(_) => "no id".to_owned(),
        });
        let all = [
            ("code", self.code.clone()),
            ("stage", self.stage.map(|stage| stage.name().to_owned())),
            ("user", user),
            ("run", self.run.clone()),
            ("since", self.since.map(|since| since.to_string())),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// Letters that something is about to be done to.
pub(super) struct Meant {
    pub(super) queue: Channel,
    pub(super) letters: Arc<dyn DeadLetters>,
    pub(super) choice: Choice,
    filter: Filter,
}

impl Meant {
    /// Looks at the letters; fails where none is meant.
    pub(super) async fn look(session: &Session, chosen: &Chosen) -> anyhow::Result<Self> {
        let queue = chosen.queue;
        let filter = Filter::of(session, chosen).await?;
        let letters = session.ports.channels.dead_letters(queue);
        let choice = Choice::look(&*letters, &filter, chosen.limit).await?;
        choice.must_be_some(queue.name())?;
        Ok(Self { queue, letters, choice, filter })
    }

    /// Whether it is one of them: what was decided on those that were looked at is done to no
    /// others.
    pub(super) fn holds(&self, letter: &DeadLetter) -> bool {
        self.choice.seen.contains(&digest(letter)) && self.filter.takes(letter)
    }

    /// What somebody does with them, for the audit trail.
    pub(super) fn act<'a>(&self, by: &'a str) -> Act<'a> {
        Act { by, queue: self.queue, details: self.filter.details() }
    }
}

/// What the chosen letters come to.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// How many are meant.
    pub(super) letters: u64,
    /// How many there are that nobody holds.
    pub(super) all: u64,
    /// How many somebody holds: another replay, or one that was killed, for five minutes at most.
    pub(super) held: u64,
    /// By code.
    pub(super) codes: BTreeMap<String, u64>,
    /// Of those that are not meant, by code.
    pub(super) others: BTreeMap<String, u64>,
    /// The historical runs that they are of.
    pub(super) historical: BTreeSet<RunId>,
    /// How many are of no historical run.
    pub(super) of_now: u64,
    /// How many are of a historical run that cannot be read.
    pub(super) unplaced: u64,
    /// Which they are, by their digests.
    seen: HashSet<u64>,
    /// Whether more lie there than can be looked at together.
    pub(super) cut_short: bool,
}

impl Choice {
    /// Looks at all letters; at most `limit` of them count as meant.
    async fn look(
        letters: &dyn DeadLetters,
        filter: &Filter,
        limit: Option<u64>,
    ) -> anyhow::Result<Self> {
        let mut choice = Self { held: letters.standing().await?.held, ..Self::default() };
        let everything = |_: &DeadLetter| true;
        let mut walk = Walk::begin(letters, &everything).await?;
        while let Some(page) = walk.next(PAGE).await? {
            for letter in &page {
                choice.count(letter, filter, limit);
            }
        }
        choice.cut_short = walk.cut_short;
        letters.end_look().await?;
        Ok(choice)
    }

    fn count(&mut self, letter: &DeadLetter, filter: &Filter, limit: Option<u64>) {
        self.all += 1;
        let code = letter.code().to_owned();
        if !filter.takes(letter) || limit.is_some_and(|limit| self.letters >= limit) {
            *self.others.entry(code).or_default() += 1;
            return;
        }
        self.letters += 1;
        *self.codes.entry(code).or_default() += 1;
        self.seen.insert(digest(letter));
        let past: Vec<_> = letter.about().into_iter().filter(|about| about.historical).collect();
        if past.iter().any(|about| about.run.is_none()) {
            self.unplaced += 1;
        } else if past.is_empty() {
            self.of_now += 1;
        }
        self.historical.extend(past.into_iter().filter_map(|about| about.run));
    }

    /// Fails where nothing is meant, and says what there is.
    fn must_be_some(&self, queue: &str) -> anyhow::Result<()> {
        if self.letters > 0 {
            return Ok(());
        }
        anyhow::ensure!(
            self.held == 0 || self.all > 0,
            "all {} letters in {queue} are in somebody's hands: another command moves them, or was killed and they show within five minutes",
            grouped(self.held)
        );
        anyhow::ensure!(self.all > 0, "no letter lies in {queue}");
        anyhow::bail!(
            "of the {} letters in {queue} none is meant; their causes are {}",
            grouped(self.all),
            codes(&self.others)
        )
    }
}

/// Causes by frequency: `bad-data 10, panicked 2`.
pub(super) fn codes(codes: &BTreeMap<String, u64>) -> String {
    let mut codes: Vec<_> = codes.iter().collect();
    codes.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let each = codes.iter().map(|(code, count)| format!("{} {}", excerpt(code), grouped(**count)));
    each.collect::<Vec<_>>().join(", ")
}
