//! Text matching and message templates.
