//! Queues, streams and stores on one SQLite file.
