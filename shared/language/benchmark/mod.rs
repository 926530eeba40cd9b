//! The crisis benchmark: labelled corpora, their score and its table. Shared by the example that
//! prints it and by the test that holds CI to it.

pub(crate) mod corpus;
pub(crate) mod score;
pub(crate) mod table;
