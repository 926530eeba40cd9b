-- Small states of users that stages keep, until they expire.
CREATE TABLE user_states (
    uid        INTEGER NOT NULL REFERENCES users (uid),
    name       TEXT NOT NULL,
    value      TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (uid, name)
) WITHOUT ROWID;
CREATE INDEX user_states_expired ON user_states (expires_at);

-- One stream's records do not lie in the way of another's.
CREATE INDEX stream_records_of ON stream_records (stream, sequence);
