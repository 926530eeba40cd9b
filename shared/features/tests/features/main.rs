//! What the features are, from outside: worked out by hand, against a naive reference on random
//! histories, and at the edges of windows and days.

mod by_hand;
mod cut_off;
mod documented;
mod edges;
mod properties;
mod reading;
mod reference;
mod support;
