//! The messages between the stages and the format of the app table.
