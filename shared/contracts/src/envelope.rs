//! The `CloudEvents` envelope: how a message is written, and how it is read one by one.

use jiff::Timestamp;
use mindmate_domain::instant::key_form;
use mindmate_domain::run::{Position, StageName};
use mindmate_domain::{AsOf, RunId, UserId};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::JsonFault;
use crate::messages::{Request, Trigger};

/// The prefix that all types of our events share.
pub const TYPE_PREFIX: &str = "app.mindmate.";

/// Largest body that is sent, in bytes: payloads are small, whatever the queue would take.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// Longest type that an error shows, in bytes.
const LONGEST_NAME: usize = 80;

/// A message: one type in one version.
pub trait Message: Serialize + DeserializeOwned + JsonSchema {
    /// The Rust name, which names the schema's file.
    const NAME: &'static str;
    /// The envelope's `type`, version included: `app.mindmate.assessment.requested.v1`.
    const TYPE: &'static str;
}

/// What a stage takes: one message, or any of several.
pub trait Contract: Sized + Send + Sync + 'static {
    /// Reads the event's data.
    ///
    /// # Errors
    /// A type or version that is not taken here, or data that is not of that type.
    fn decode(event: &RawEvent<'_>) -> Result<Self, DecodeError>;
}

/// Why a body is no message for this consumer. None of these heals by trying again.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The body is not a JSON envelope.
    #[error("expected a CloudEvents 1.0 envelope in JSON: {0}")]
    NotAnEvent(#[source] JsonFault),
    /// The envelope is of another version of `CloudEvents`.
    #[error("expected specversion 1.0, found {found:?}")]
    OtherSpecVersion {
        /// What it says.
        found: String,
    },
    /// The type, or its version, is not one that is taken here.
    #[error("expected one of {expected:?}, found type {found:?}")]
    UnknownType {
        /// What this consumer takes.
        expected: &'static [&'static str],
        /// What came.
        found: String,
    },
    /// The data does not fit the type.
    #[error("the data of {message} does not fit its schema: {source}")]
    BadData {
        /// The message's name.
        message: &'static str,
        /// What does not fit, without any value of the data.
        #[source]
        source: JsonFault,
    },
}

impl DecodeError {
    /// The code that a dead letter carries.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnEvent(_) | Self::OtherSpecVersion { .. } => "not-an-event",
            Self::UnknownType { .. } => "unknown-type",
            Self::BadData { .. } => "bad-data",
        }
    }
}

/// An envelope whose data is not read yet.
#[derive(Debug, Deserialize)]
pub struct RawEvent<'a> {
    specversion: std::borrow::Cow<'a, str>,
    /// The same at every try.
    #[serde(borrow)]
    pub id: std::borrow::Cow<'a, str>,
    /// Type and version.
    #[serde(borrow, rename = "type")]
    pub kind: std::borrow::Cow<'a, str>,
    /// Who sent it: a stage, or the app.
    #[serde(borrow)]
    pub source: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    data: &'a RawValue,
}

impl<'a> RawEvent<'a> {
    /// Reads the envelope of one body.
    ///
    /// # Errors
    /// [`DecodeError::NotAnEvent`] or [`DecodeError::OtherSpecVersion`].
    pub fn parse(body: &'a str) -> Result<Self, DecodeError> {
        let event: Self =
            serde_json::from_str(body).map_err(|error| DecodeError::NotAnEvent(error.into()))?;
        if event.specversion != "1.0" {
            let found = shown(&event.specversion);
            return Err(DecodeError::OtherSpecVersion { found });
        }
        Ok(event)
    }

    /// Reads the data as this message, if it is of its type.
    ///
    /// # Errors
    /// [`DecodeError::UnknownType`] or [`DecodeError::BadData`].
    pub fn data<M: Message>(&self) -> Result<M, DecodeError> {
        if self.kind != M::TYPE {
            return Err(DecodeError::UnknownType {
                expected: const { &[M::TYPE] },
                found: shown(&self.kind),
            });
        }
        serde_json::from_str(self.data.get())
            .map_err(|source| DecodeError::BadData { message: M::NAME, source: source.into() })
    }

    /// What the data asks for, as far as it can be read, whatever else is wrong with it: so that
    /// somebody looks at whom it is about.
    pub fn request(&self) -> Option<Request> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Peek {
            user_id: UserId,
            as_of: AsOf,
            #[serde(default)]
            historical: serde_json::Value,
        }
        let Peek { user_id, as_of, historical } = serde_json::from_str(self.data.get()).ok()?;
        let historical = historical == true;
        let (run, trigger) = (self.position(), Trigger::Daily);
        Some(Request { user_id, as_of, run, trigger, urgent: true, historical })
    }

    /// Whom and what the data is about, as far as each can be read: for those who look at messages
    /// that their consumer could not take.
    pub fn about(&self) -> About {
        #[derive(Deserialize, Default)]
        #[serde(rename_all = "camelCase", default)]
        struct Peek {
            user_id: serde_json::Value,
            run_id: serde_json::Value,
            historical: serde_json::Value,
        }
        let peek: Peek = serde_json::from_str(self.data.get()).unwrap_or_default();
        let of_run = || Some(RunId::named(peek.run_id.as_str()?));
        About {
            user: peek.user_id.as_str().and_then(|id| UserId::new(id).ok()),
            run: self.position().map(|position| position.run).or_else(of_run),
            historical: peek.historical == true,
            kind: shown(&self.kind),
        }
    }

    /// The position in a run, if the data has one, whatever else is wrong with it: so that even a
    /// message that cannot be read is counted in its run's ledger.
    pub fn position(&self) -> Option<Position> {
        #[derive(Deserialize)]
        struct Peek {
            run: Position,
        }
        serde_json::from_str::<Peek>(self.data.get()).ok().map(|peek| peek.run)
    }
}

/// Whom and what a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The user.
    pub user: Option<UserId>,
    /// The run.
    pub run: Option<RunId>,
    /// Whether it belongs to a historical run.
    pub historical: bool,
    /// The type, if it looks like one.
    pub kind: String,
}

/// A name as an error may show it. What does not look like one is a stranger's, and may be anything.
pub(crate) fn shown(name: &str) -> String {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.len() <= LONGEST_NAME && name.bytes().all(is_name) {
        name.to_owned()
    } else {
        format!("another text of {} bytes", name.len())
    }
}

#[derive(Serialize)]
struct Envelope<'a, M> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    r#type: &'static str,
    time: String,
    datacontenttype: &'static str,
    data: &'a M,
}

/// Writes a message in its envelope.
///
/// # Errors
/// Data that JSON cannot say, which our types never hold: see the tests of the examples.
pub fn encode<M: Message>(
    id: &str,
    source: StageName,
    time: Timestamp,
    data: &M,
) -> Result<String, serde_json::Error> {
    encode_from(&format!("/mindmate/{source}"), id, time, data)
}

/// Writes a message of a sender that is no stage, by its `source`: `/mindmate/app`.
///
/// # Errors
/// As for [`encode`].
pub fn encode_from<M: Message>(
    source: &str,
    id: &str,
    time: Timestamp,
    data: &M,
) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Envelope {
        specversion: "1.0",
        id,
        source,
        r#type: M::TYPE,
        time: key_form(time),
        datacontenttype: "application/json",
        data,
    })
}
