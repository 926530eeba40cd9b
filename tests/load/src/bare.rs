//! What the parts cost bare, each on one thread, without queues, stages or a runtime around them:
//! the bound that the pipeline is held against.
//!
//! | part | what is done for each person |
//! | --- | --- |
//! | reading | the rows of their history and profile, by the same ranges of keys, unparsed |
//! | computing | features of the history and the rules' score of them, from a history that is there |
//! | writing | the rows of their assessment on its way: two messages sent, taken and deleted, the assessment, its outcome |
//!
//! Bodies are those of the run. What intervention and sentiment write is left out, so that the bound
//! is rather too high. All three together, spread over all cores without a pause, are the limit.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use mindmate_contracts::app_table::{PROFILE_SK, history_ranges};
use mindmate_contracts::messages::{FeaturesExtracted, Request, Trigger};
use mindmate_domain::{Assessment, Policy};
use mindmate_embedded::{Embedded, Options};
use mindmate_features::{extract, read_texts};
use mindmate_language::Lexicons;
use mindmate_model::{RiskModel as _, RuleScorer};
use rusqlite::{Connection, OpenFlags, params};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::process;
use crate::schedule::user_id;
use crate::target::Target;

/// People who are measured, at most.
const PEOPLE: usize = 4_000;

/// People of a transaction: about what a commit of the pipeline holds when it is busy.
const TOGETHER: usize = 64;

/// Processor time of the bare parts, in microseconds a person.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bare {
    /// How many people were measured.
    pub people: usize,
    /// Reading the rows of their histories.
    pub reading_us: f64,
    /// Features and score.
    pub computing_us: f64,
    /// Writing the rows.
    pub writing_us: f64,
    /// People a second whose rows one connection wrote, with every wait for the disk.
    pub written_a_second: f64,
    /// People a second where all cores did these three and nothing else.
    pub limit_a_second: f64,
}

/// What is written of a person: the bodies of the two messages and of the assessment.
struct Person {
    request: String,
    features: String,
    assessed: String,
}

/// Measures the parts on what a run left on one machine.
///
/// # Errors
/// The databases', or a run that assessed nobody.
pub async fn measure(target: &Target, users: u32) -> anyhow::Result<Bare> {
    let file = target.file.as_deref().context("expected a run on one machine")?;
    let assessed = assessed(target, users).await?;
    anyhow::ensure!(!assessed.is_empty(), "expected somebody who was assessed, found nobody");
    let reading = reading(file, &assessed)?;
    let (people, computing) = computed(target, assessed).await?;
    let bare = file.with_file_name("bare.db");
    let (writing, waited) = writing(&bare, target, &people)?;
    let each = |time: Duration| time.as_secs_f64() * 1e6 / people.len() as f64;
    let whole = reading + computing + writing;
    Ok(Bare {
        people: people.len(),
        reading_us: each(reading),
        computing_us: each(computing),
        writing_us: each(writing),
        written_a_second: people.len() as f64 / waited.as_secs_f64(),
        limit_a_second: process::cores() as f64 * 1e6 / each(whole),
    })
}

async fn assessed(target: &Target, users: u32) -> anyhow::Result<Vec<Assessment>> {
    let mut assessed = Vec::new();
    for index in 0..users {
        let user = user_id(index)?;
        assessed.extend(target.ports.assessments.latest(&user, 1).await?);
        if assessed.len() == PEOPLE {
            break;
        }
    }
    Ok(assessed)
}

fn reading(file: &Path, assessed: &[Assessment]) -> anyhow::Result<Duration> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut bytes = 0;
    let began = used();
    for Assessment { user, as_of, .. } in assessed {
        let transaction = connection.unchecked_transaction()?;
        let sql = "SELECT uid FROM users WHERE user = ?1";
        let uid: i64 =
            connection.prepare_cached(sql)?.query_row([user.as_str()], |row| row.get(0))?;
        let sql = "SELECT sk, item FROM app_items WHERE uid = ?1 AND sk BETWEEN ?2 AND ?3";
        let mut items = connection.prepare_cached(sql)?;
        let mut read = |from: &str, to: &str| -> rusqlite::Result<()> {
            let mut rows = items.query(params![uid, from, to])?;
            while let Some(row) = rows.next()? {
                bytes += row.get_ref(0)?.as_str()?.len() + row.get_ref(1)?.as_str()?.len();
            }
            Ok(())
        };
        read(PROFILE_SK, PROFILE_SK)?;
        for range in history_ranges(*as_of) {
            read(&range.from, &range.to)?;
        }
        transaction.commit()?;
    }
    let took = used().saturating_sub(began);
    anyhow::ensure!(bytes > 0, "expected histories, found none");
    Ok(took)
}

/// The people with the features of their histories, and what those took.
async fn computed(
    target: &Target,
    assessed: Vec<Assessment>,
) -> anyhow::Result<(Vec<Person>, Duration)> {
    let (lexicons, rules) = (Lexicons::built_in()?, RuleScorer::built_in()?);
    let legacy = Policy::built_in()?.legacy_consents;
    let (mut people, mut took) = (Vec::new(), Duration::ZERO);
    for assessment in assessed {
        let history = target.ports.history.load(&assessment.user, assessment.as_of, legacy).await?;
        let began = used();
        let texts = read_texts(&history, &lexicons);
        let extraction = extract(&history, &texts);
        // Somebody without evidence has no score: to find that out is part of the work.
        std::hint::black_box(rules.score(&extraction.features).is_ok());
        took += used().saturating_sub(began);
        let message = FeaturesExtracted {
            request: request(&assessment),
            vector: extraction.features,
            crisis: texts.crisis_check(),
            missing_parts: extraction.missing_parts,
            data_quality: history.quality,
        };
        people.push(Person {
            request: serde_json::to_string(&message.request)?,
            features: serde_json::to_string(&message)?,
            assessed: serde_json::to_string(&assessment)?,
        });
    }
    Ok((people, took))
}

fn request(assessment: &Assessment) -> Request {
    Request {
        user_id: assessment.user.clone(),
        as_of: assessment.as_of,
        run: None,
        trigger: Trigger::Daily,
        urgent: false,
        historical: false,
    }
}

/// Processor time and waiting of writing everybody's rows into a file of their own.
fn writing(
    file: &Path,
    target: &Target,
    people: &[Person],
) -> anyhow::Result<(Duration, Duration)> {
    drop(Embedded::open(file, Arc::clone(&target.clock), Options::default())?);
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let (began, started) = (used(), target.clock.now());
    let mut id = 0;
    for people in people.chunks(TOGETHER) {
        let requests = id + 1;
        for step in 0..6 {
            let transaction = connection.unchecked_transaction()?;
            for (person, at) in people.iter().zip(0_i64..) {
                let (request, features) = (requests + 2 * at, requests + 2 * at + 1);
                match step {
                    0 => send(&transaction, "assessments", request, &person.request)?,
                    1 => take(&transaction, request)?,
                    2 => send(&transaction, "scoring", features, &person.features)?,
                    3 => {
                        delete(&transaction, request)?;
                        take(&transaction, features)?;
                    }
                    4 => assess(&transaction, features, person)?,
                    _ => delete(&transaction, features)?,
                }
            }
            transaction.commit()?;
        }
        id += 2 * i64::try_from(people.len())?;
    }
    let waited = target.clock.now().duration_since(started).unsigned_abs();
    Ok((used().saturating_sub(began), waited))
}

fn send(connection: &Connection, queue: &str, id: i64, body: &str) -> rusqlite::Result<()> {
    let sql = "INSERT INTO messages (id, queue, visible_at) VALUES (?1, ?2, 0)";
    connection.prepare_cached(sql)?.execute(params![id, queue])?;
    let sql = "INSERT INTO message_bodies (id, event_id, sent_at, body) VALUES (?1, ?2, 0, ?3)";
    let event = format!("event/{id}");
    connection.prepare_cached(sql)?.execute(params![id, event, body]).map(drop)
}

fn take(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE messages SET held = 1, received = 1, visible_at = 1 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute([id])?;
    let sql = "SELECT body FROM message_bodies WHERE id = ?1";
    connection.prepare_cached(sql)?.query_row([id], |row| row.get::<_, String>(0)).map(drop)
}

fn delete(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM messages WHERE id = ?1")?.execute([id])?;
    connection.prepare_cached("DELETE FROM message_bodies WHERE id = ?1")?.execute([id]).map(drop)
}

fn assess(connection: &Connection, id: i64, person: &Person) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO users (uid, user, hash) VALUES (?1, ?1, 0)";
    connection.prepare_cached(sql)?.execute([id])?;
    let sql = "INSERT INTO assessments (uid, as_of, level, method, historical, expires_at, body)
        VALUES (?1, 0, 'low', 'rules', 0, 0, ?2)";
    connection.prepare_cached(sql)?.execute(params![id, person.assessed])?;
    let sql =
        "INSERT INTO stream_records (stream, key, put_at, body) VALUES ('outcomes', ?1, 0, ?2)";
    connection.prepare_cached(sql)?.execute(params![id, person.request]).map(drop)
}

/// Processor time of this thread so far.
fn used() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
}
