//! The file of a model: one JSON document, whose first line is its head.
//!
//! ```text
//! {"format":"mindmate-model","formatVersion":1,"version":"m20260601-0123456789ab","bytes":731023,"sha256":"…","contents":
//! {"featureVersion":1, …}
//! }
//! ```
//!
//! The head tells the length and the digest of the contents' bytes, so that a file that is cut off or damaged is
//! told from a foreign one before its contents are looked at.

use mindmate_domain::pseudonym::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ArtefactError, Contents, FORMAT_VERSION, check};

/// What every file of a model says of itself.
const FORMAT: &str = "mindmate-model";

/// How the head ends.
const HEAD_END: &str = ",\"contents\":";

/// What comes after the contents.
const TAIL: &[u8] = b"\n}\n";

/// Digits of the digest in a version.
const VERSION_DIGITS: usize = 12;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Head {
    format: String,
    format_version: u32,
    version: String,
    /// Of the contents.
    bytes: u64,
    /// Of the contents' bytes, in lower-case hexadecimal.
    sha256: String,
}

/// What can be read of the head of any format.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyHead {
    format: String,
    format_version: u32,
}

/// What can be read of contents whose features this program does not know.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Features {
    feature_version: u32,
    feature_schema_sha256: String,
}

pub(super) fn write(contents: &Contents) -> Result<Vec<u8>, ArtefactError> {
    let body = body(contents)?;
    let sha256 = hex(&Sha256::digest(&body));
    let head = Head {
        format: FORMAT.to_owned(),
        format_version: FORMAT_VERSION,
        version: version_of(contents, &sha256),
        bytes: body.len() as u64,
        sha256,
    };
    let mut file = serde_json::to_vec(&head).map_err(ArtefactError::Unreadable)?;
    file.pop(); // The closing brace, which is the tail's.
    file.extend_from_slice(HEAD_END.as_bytes());
    file.push(b'\n');
    file.extend_from_slice(&body);
    file.extend_from_slice(TAIL);
    Ok(file)
}

pub(super) fn version(contents: &Contents) -> Result<String, ArtefactError> {
    Ok(version_of(contents, &hex(&Sha256::digest(body(contents)?))))
}

/// The version and the contents of a file that is as it was written.
pub(super) fn read(file: &[u8]) -> Result<(String, Contents), ArtefactError> {
    let Some((head, rest)) = split_head(file)? else { return Err(not_ours(file)) };
    let bytes = usize::try_from(head.bytes).unwrap_or(usize::MAX);
    let expected = bytes.saturating_add(TAIL.len());
    if rest.len() < expected {
        let before = (file.len() - rest.len()) as u64;
        let expected = before.saturating_add(expected as u64);
        return Err(ArtefactError::Truncated { expected, found: file.len() as u64 });
    }
    let (body, tail) = rest.split_at(bytes);
    if tail != TAIL {
        return Err(corrupt("something else after the contents"));
    }
    let found = hex(&Sha256::digest(body));
    if found != head.sha256 {
        let expected = head.sha256;
        return Err(corrupt(&format!("contents with the digest {found} instead of {expected}")));
    }
    let contents: Contents = serde_json::from_slice(body).map_err(|e| unreadable(body, e))?;
    let version = version_of(&contents, &found);
    if version != head.version {
        return Err(corrupt(&format!("{version} under the name {:?}", head.version)));
    }
    Ok((version, contents))
}

fn body(contents: &Contents) -> Result<Vec<u8>, ArtefactError> {
    serde_json::to_vec(contents).map_err(ArtefactError::Unreadable)
}

fn version_of(contents: &Contents, sha256: &str) -> String {
    let date = contents.training.until.utc_date().strftime("%Y%m%d");
    let kind = if contents.training.synthetic { "synthetic" } else { "m" };
    format!("{kind}{date}-{}", &sha256[..VERSION_DIGITS])
}

/// The head and what follows its line. `None` where the file does not begin as ours do.
fn split_head(file: &[u8]) -> Result<Option<(Head, &[u8])>, ArtefactError> {
    let end = file.iter().position(|byte| *byte == b'\n').unwrap_or(file.len());
    let (line, rest) = (&file[..end], file.get(end + 1..).unwrap_or_default());
    let Some(head) = line.strip_suffix(HEAD_END.as_bytes()) else { return Ok(None) };
    let head = [head, b"}"].concat();
    match serde_json::from_slice::<AnyHead>(&head) {
        Ok(any) if any.format == FORMAT => check_format(any.format_version)?,
        _ => return Ok(None),
    }
    match serde_json::from_slice(&head) {
        Ok(head) => Ok(Some((head, rest))),
        Err(error) => Err(corrupt(&format!("a head that cannot be read ({error})"))),
    }
}

fn check_format(version: u32) -> Result<(), ArtefactError> {
    match version.cmp(&FORMAT_VERSION) {
        std::cmp::Ordering::Less => Err(ArtefactError::OlderFormat(version)),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(ArtefactError::NewerFormat(version)),
    }
}

/// What a file is that does not begin with a head of ours.
fn not_ours(file: &[u8]) -> ArtefactError {
    let start = &file[..file.len().min(FORMAT.len() + 16)];
    let names_us = start.windows(FORMAT.len()).any(|part| part == FORMAT.as_bytes());
    if names_us {
        return corrupt("a first line that is no head of a model");
    }
    let found = match serde_json::from_slice::<serde::de::IgnoredAny>(file) {
        _ if file.is_empty() => "an empty file",
        Ok(_) => "other JSON",
        Err(_) => "a file that is not JSON",
    };
    ArtefactError::Foreign { found }
}

/// Why contents that are as they were written are none of this program's.
fn unreadable(body: &[u8], error: serde_json::Error) -> ArtefactError {
    let features = serde_json::from_slice::<Features>(body).ok();
    let other = features.and_then(|found| {
        check::check_features(found.feature_version, &found.feature_schema_sha256).err()
    });
    other.unwrap_or(ArtefactError::Unreadable(error))
}

fn corrupt(found: &str) -> ArtefactError {
    ArtefactError::Corrupt { found: found.to_owned() }
}
