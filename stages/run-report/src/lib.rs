//! Counts what became of each request.
