//! What a run leaves in the stores, to the byte but for times.

use std::path::Path;

use mindmate_domain::pseudonym::KEY_BYTES;
use rusqlite::types::Value as Column;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

/// Attributes that say when something was done, not what.
const TIMES: [&str; 9] = [
    "createdAt",
    "expiresAt",
    "since",
    "until",
    "enteredAt",
    "dueAt",
    "startedAt",
    "completedAt",
    "timestamp",
];

/// Each store with the query that gives its rows; columns of times are not asked for.
const STORES: [(&str, &str); 9] = [
    ("users", "SELECT user, hash FROM users ORDER BY user"),
    (
        "app table",
        "SELECT user, sk, item FROM app_items JOIN users USING (uid) ORDER BY user, sk",
    ),
    (
        "assessments",
        "SELECT user, as_of, level, method, historical, body FROM assessments JOIN users USING (uid)
         ORDER BY user, as_of",
    ),
    (
        "interventions",
        "SELECT id, user, delivered_at IS NOT NULL, body FROM interventions JOIN users USING (uid)
         ORDER BY id",
    ),
    ("guards", "SELECT user, guard FROM guards JOIN users USING (uid) ORDER BY user"),
    (
        "reviews",
        "SELECT user, as_of, reason, body FROM reviews JOIN users USING (uid)
         ORDER BY user, as_of, reason",
    ),
    ("notices", "SELECT count(*) FROM notices"),
    ("runs", "SELECT id, as_of, completed_at IS NOT NULL, summary, body FROM runs ORDER BY id"),
    (
        "ledger",
        "SELECT run, shard, stage, kind, hex(bits) FROM marks
         UNION ALL SELECT run, shard, number, entries, body FROM pages ORDER BY 1, 2, 3, 4",
    ),
];

/// The file, for reading only.
pub fn open(database: &Path) -> Connection {
    Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// Gives an installation that has no key of pseudonyms yet this one.
pub fn keep_key(database: &Path, key: [u8; KEY_BYTES]) {
    let connection = Connection::open(database).unwrap();
    let sql = "INSERT INTO settings (name, value) VALUES ('pseudonymKey', ?1)";
    connection.execute(sql, [key]).unwrap();
}

/// Gives a cohort the sentiments that a run of a copy of it asked for.
///
/// A text without one is left out of what the run that asks makes of it. A run that was stopped may
/// make it again when the answer is there, and takes it in. Both are right, and they differ: whoever
/// compares the two begins with nothing to ask for.
pub fn add_sentiments(cohort: &Path, ran: &Path) {
    let connection = Connection::open(cohort).unwrap();
    connection.execute("ATTACH ?1 AS ran", [ran.to_str().unwrap()]).unwrap();
    let sql = "INSERT OR IGNORE INTO app_items
        SELECT * FROM ran.app_items WHERE sk LIKE 'SENTIMENT#%'";
    let added = connection.execute(sql, []).unwrap();
    assert!(added > 0, "every text of the cohort had a sentiment: this is not needed any more");
}

/// All stores, a line a row.
pub fn dump(database: &Path) -> String {
    let connection = open(database);
    let mut out = String::new();
    for (store, sql) in STORES {
        out += &format!("== {store}\n");
        for row in rows(&connection, sql) {
            let line: Vec<String> = row.iter().map(column).collect();
            out += &(line.join(" | ") + "\n");
        }
    }
    // The trail's order follows who came first; what it says does not.
    let mut audit: Vec<String> =
        rows(&connection, "SELECT event FROM audit").iter().map(|row| column(&row[0])).collect();
    audit.sort();
    out + "== audit\n" + &audit.join("\n")
}

fn rows(connection: &Connection, sql: &str) -> Vec<Vec<Column>> {
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|n| row.get(n)).collect());
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn column(column: &Column) -> String {
    match column {
        Column::Text(text) if text.starts_with('{') => {
            let mut json: Value = serde_json::from_str(text).unwrap();
            if json.get("type").is_none_or(|kind| kind["S"] == "CHAT" || kind.is_string()) {
                without_times(&mut json);
            }
            json.to_string()
        }
        Column::Text(text) if text.starts_with("CHAT#") => own_chat_key(text),
        other => format!("{other:?}"),
    }
}

/// The pipeline's own chats carry the instant of their decision: `CHAT#{ts}#{interventionId}`.
fn own_chat_key(sk: &str) -> String {
    match sk.split('#').collect::<Vec<_>>()[..] {
        [_, _, id] if id.len() == 32 => format!("CHAT#…#{id}"),
        _ => sk.to_owned(),
    }
}

/// Removes what says when something was done, at any depth.
pub fn without_times(json: &mut Value) {
    match json {
        Value::Object(object) => {
            // An audit event's own instant.
            if object.contains_key("actor") {
                object.remove("at");
            }
            // A person's own message keeps its instant.
            let is_ours = !object.contains_key("userMessage");
            for name in TIMES {
                if name != "timestamp" || is_ours {
                    object.remove(name);
                }
            }
            object.values_mut().for_each(without_times);
        }
        Value::Array(array) => array.iter_mut().for_each(without_times),
        _ => {}
    }
}

/// One number of the database.
pub fn number(database: &Path, sql: &str) -> i64 {
    open(database).query_row(sql, [], |row| row.get(0)).unwrap()
}
