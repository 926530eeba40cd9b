-- What each day's look at the model that serves came to.
CREATE TABLE model_days (
    day  TEXT PRIMARY KEY,
    body TEXT NOT NULL
) WITHOUT ROWID;
