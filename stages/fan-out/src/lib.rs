//! Turns a shard of users into requests.
