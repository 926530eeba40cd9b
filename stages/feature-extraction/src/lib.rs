//! Turns a history into features.
