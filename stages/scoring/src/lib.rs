//! Turns features into an assessment.
