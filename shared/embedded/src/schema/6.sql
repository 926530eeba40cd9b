-- Trainings of models: one a month or so.
CREATE TABLE training_jobs (
    id   TEXT PRIMARY KEY,
    at   INTEGER NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;
