-- Dead letters are read by their queue, in the order in which they were sent, however many messages
-- wait beside them.
CREATE INDEX messages_dead ON messages (queue, id) WHERE dead = 1;

-- A record that was put aside is held while somebody moves it, as a dead message is.
ALTER TABLE stream_aside ADD COLUMN visible_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stream_aside ADD COLUMN received INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stream_aside ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
