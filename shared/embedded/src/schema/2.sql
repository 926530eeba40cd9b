-- The review queue is read by rank, then by when an entry is due. Entries of before have the
-- lowest: rather too early than too late.
ALTER TABLE reviews ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
DROP INDEX reviews_open;
CREATE INDEX reviews_open ON reviews (rank, due_at) WHERE acknowledged_at IS NULL;
