//! Attributes in `DynamoDB`'s JSON: `{"S": "text"}`, `{"N": "6.4"}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An item's attributes by name, `PK` and `SK` included.
pub type Item = BTreeMap<String, Attribute>;

/// One attribute. Numbers stay text, as `DynamoDB` sends them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are DynamoDB's type descriptors")]
pub enum Attribute {
    S(String),
    N(String),
    #[serde(rename = "BOOL")]
    Bool(bool),
    #[serde(rename = "NULL")]
    Null(bool),
    L(Vec<Attribute>),
    M(BTreeMap<String, Attribute>),
    #[serde(rename = "SS")]
    StringSet(Vec<String>),
    #[serde(rename = "NS")]
    NumberSet(Vec<String>),
    B(String),
    #[serde(rename = "BS")]
    BinarySet(Vec<String>),
}

impl std::fmt::Debug for Attribute {
    /// Shows the type only: values may be a person's words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::S(_) => "S(…)",
            Self::N(_) => "N(…)",
            Self::Bool(_) => "BOOL(…)",
            Self::Null(_) => "NULL",
            Self::L(_) => "L(…)",
            Self::M(_) => "M(…)",
            Self::StringSet(_) => "SS(…)",
            Self::NumberSet(_) => "NS(…)",
            Self::B(_) => "B(…)",
            Self::BinarySet(_) => "BS(…)",
        })
    }
}

impl Attribute {
    /// A string attribute.
    pub fn text(text: impl Into<String>) -> Self {
        Self::S(text.into())
    }

    /// A number attribute.
    pub fn number(number: f64) -> Self {
        Self::N(number.to_string())
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null(_))
    }
}
