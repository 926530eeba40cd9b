//! Names and ids that the app gives: bounded, so that no client's fault grows a key or a state.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest name that is taken, in bytes: four times as long as a UUID, or a name in words.
pub const APP_NAME_MAX_BYTES: usize = 128;

/// A name or an id that the app gives: of a session, a screen, an activity. Any text of 1 to
/// [`APP_NAME_MAX_BYTES`] bytes without control characters; a `#` is one character among others,
/// since no key is ever made of the text itself. Never words of a user.
///
/// `Debug` redacts it: an id of a session is an id of its user.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppName(Arc<str>);

/// Why a text is no name. It holds nothing of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppNameError {
    /// Its length.
    #[error("expected a name of 1 to {APP_NAME_MAX_BYTES} bytes, found {bytes}")]
    Length {
        /// How many bytes it has.
        bytes: usize,
    },
    /// It holds a control character.
    #[error("expected a name without control characters, found one")]
    ControlCharacter,
}

impl AppName {
    /// Takes a name.
    ///
    /// # Errors
    /// Another length, or control characters.
    pub fn new(name: &str) -> Result<Self, AppNameError> {
        if !(1..=APP_NAME_MAX_BYTES).contains(&name.len()) {
            Err(AppNameError::Length { bytes: name.len() })
        } else if name.chars().any(char::is_control) {
            Err(AppNameError::ControlCharacter)
        } else {
            Ok(Self(name.into()))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AppName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppName(…)")
    }
}

impl TryFrom<String> for AppName {
    type Error = AppNameError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(&name)
    }
}

impl From<AppName> for String {
    fn from(name: AppName) -> Self {
        name.as_str().to_owned()
    }
}

impl JsonSchema for AppName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AppName".into()
    }

    /// Lengths are in characters here, which are never more than the bytes.
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": APP_NAME_MAX_BYTES,
            "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$",
            "description": "A name or an id that the app gives: 1 to 128 bytes of UTF-8 without control characters. Never words of a user."
        })
    }
}
