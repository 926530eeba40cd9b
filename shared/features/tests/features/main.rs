//! What the features are, from outside: worked out by hand, against a naive reference on random
//! histories, and at the edges of windows and days.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up fails")]
#![expect(
    clippy::float_cmp,
    reason = "the reference and the edges mean equality where they say it"
)]
#![expect(clippy::cast_possible_truncation, reason = "the reference counts to a few hundred")]

mod by_hand;
mod cut_off;
mod documented;
mod edges;
mod label;
mod properties;
mod reading;
mod reference;
mod support;
