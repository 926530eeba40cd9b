-- Instants are milliseconds since 1970 in UTC, so that they compare as numbers.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- The app's table ---------------------------------------------------------------------------

CREATE TABLE users (
    uid  INTEGER PRIMARY KEY,
    user TEXT NOT NULL UNIQUE,
    -- First four bytes of SHA-256 of the id: the shard is this modulo the number of shards.
    hash INTEGER NOT NULL
);
CREATE INDEX users_by_id ON users (user, hash);

CREATE TABLE app_items (
    uid    INTEGER NOT NULL REFERENCES users (uid),
    sk     TEXT NOT NULL,
    -- The item's instant where it makes the user active, else NULL.
    active INTEGER,
    -- DynamoDB JSON without PK and SK.
    item   TEXT NOT NULL,
    PRIMARY KEY (uid, sk)
) WITHOUT ROWID;

-- Queues: the small part that changes at every receive, apart from the bodies ----------------

CREATE TABLE messages (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    queue      TEXT NOT NULL,
    dead       INTEGER NOT NULL DEFAULT 0,
    visible_at INTEGER NOT NULL,
    received   INTEGER NOT NULL DEFAULT 0,
    -- 1 while a consumer holds it.
    held       INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX messages_ready ON messages (queue, dead, visible_at);

CREATE TABLE message_bodies (
    id         INTEGER PRIMARY KEY,
    event_id   TEXT NOT NULL,
    sent_at    INTEGER NOT NULL,
    body       TEXT NOT NULL,
    attributes TEXT
);

-- Streams -------------------------------------------------------------------------------------

CREATE TABLE stream_records (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    stream   TEXT NOT NULL,
    key      TEXT NOT NULL,
    put_at   INTEGER NOT NULL,
    body     TEXT NOT NULL
);

CREATE TABLE stream_checkpoints (
    stream   TEXT NOT NULL,
    consumer TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (stream, consumer)
) WITHOUT ROWID;

CREATE TABLE stream_aside (
    stream     TEXT NOT NULL,
    consumer   TEXT NOT NULL,
    sequence   INTEGER NOT NULL,
    key        TEXT NOT NULL,
    put_at     INTEGER NOT NULL,
    body       TEXT NOT NULL,
    attributes TEXT NOT NULL,
    PRIMARY KEY (stream, consumer, sequence)
) WITHOUT ROWID;

-- What the pipeline writes about people ---------------------------------------------------------

CREATE TABLE assessments (
    uid        INTEGER NOT NULL REFERENCES users (uid),
    as_of      INTEGER NOT NULL,
    level      TEXT NOT NULL,
    method     TEXT NOT NULL,
    historical INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    body       TEXT NOT NULL
);
CREATE UNIQUE INDEX assessments_by_key ON assessments (uid, as_of, level, method);

CREATE TABLE interventions (
    id           TEXT PRIMARY KEY,
    uid          INTEGER NOT NULL REFERENCES users (uid),
    created_at   INTEGER NOT NULL,
    delivered_at INTEGER,
    body         TEXT NOT NULL
);
CREATE INDEX interventions_by_user ON interventions (uid, created_at);

CREATE TABLE guards (
    uid   INTEGER PRIMARY KEY REFERENCES users (uid),
    guard TEXT NOT NULL
);

CREATE TABLE reviews (
    uid             INTEGER NOT NULL REFERENCES users (uid),
    as_of           INTEGER NOT NULL,
    reason          TEXT NOT NULL,
    due_at          INTEGER NOT NULL,
    acknowledged_at INTEGER,
    acknowledged_by TEXT,
    body            TEXT NOT NULL,
    PRIMARY KEY (uid, as_of, reason)
) WITHOUT ROWID;
CREATE INDEX reviews_open ON reviews (due_at) WHERE acknowledged_at IS NULL;

CREATE TABLE notices (
    id   TEXT PRIMARY KEY,
    at   INTEGER NOT NULL,
    text TEXT NOT NULL
);

-- Append-only: each hash covers the one before it.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    event  TEXT NOT NULL,
    hash   TEXT NOT NULL
);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

-- Runs ------------------------------------------------------------------------------------------

CREATE TABLE runs (
    id           TEXT PRIMARY KEY,
    as_of        INTEGER NOT NULL,
    body         TEXT NOT NULL,
    completed_at INTEGER,
    summary      TEXT
);

CREATE TABLE pages (
    run     TEXT NOT NULL,
    shard   INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    last    INTEGER NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (run, shard, number)
);

CREATE TABLE marks (
    run   TEXT NOT NULL,
    shard INTEGER NOT NULL,
    stage TEXT NOT NULL,
    kind  TEXT NOT NULL,
    bits  BLOB NOT NULL,
    PRIMARY KEY (run, shard, stage, kind)
) WITHOUT ROWID;
