-- How many commits there were. Each counts itself, so that a file without the last of them shows it.
CREATE TABLE commits (count INTEGER NOT NULL);
INSERT INTO commits (count) VALUES (0);
