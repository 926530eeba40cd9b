-- Small states of users that stages keep, until they expire.
CREATE TABLE user_states (
    uid        INTEGER NOT NULL REFERENCES users (uid),
    name       TEXT NOT NULL,
    value      TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (uid, name)
) WITHOUT ROWID;
CREATE INDEX user_states_expired ON user_states (expires_at);
