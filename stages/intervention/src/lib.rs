//! Reaches out.
