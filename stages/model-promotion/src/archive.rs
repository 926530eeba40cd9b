//! The model out of what a training job hands over: a tar of its folder, packed by gzip.

use std::io::{self, Read as _};
use std::path::Path;

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};

/// The model's file, as the trainer names it. What lies beside it is passed over.
pub const MODEL_FILE: &str = "model.json";

/// Most bytes of an archive, packed: a model of 400 trees takes some 4 MB as it is.
pub const MOST_PACKED: u64 = 64 << 20;

/// Most bytes of an archive, unpacked.
const MOST_UNPACKED: u64 = 256 << 20;

/// Why there is no model in an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is none, or broken.
    #[error("expected a tar packed by gzip, found otherwise: {0}")]
    Unreadable(#[from] io::Error),
    /// It is larger than any model.
    #[error("expected at most {MOST_UNPACKED} bytes when it is unpacked, found more")]
    TooLarge,
    /// No such file.
    #[error("expected the file {MODEL_FILE}, found {}", if .0.is_empty() { "nothing" } else { .0 })]
    NoModel(String),
    /// Which one is meant?
    #[error("expected one file {MODEL_FILE}, found two")]
    Twice,
    /// A link could lead anywhere.
    #[error("expected {MODEL_FILE} to be a file, found a link, a folder or a device")]
    NoFile,
}

/// The bytes of the model in an archive.
///
/// # Errors
/// Where there is not exactly one, or more is packed than any training makes.
pub fn model(archive: &[u8]) -> Result<Vec<u8>, ArchiveError> {
    let mut unpacked = Archive::new(GzDecoder::new(archive).take(MOST_UNPACKED));
    let found = read(&mut unpacked);
    // What ends at the bound is cut off there, and looks broken.
    if unpacked.into_inner().limit() == 0 {
        return Err(ArchiveError::TooLarge);
    }
    found
}

fn read<R: io::Read>(archive: &mut Archive<R>) -> Result<Vec<u8>, ArchiveError> {
    let (mut model, mut others) = (None, Vec::new());
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if path.strip_prefix(".").unwrap_or(&path) != Path::new(MODEL_FILE) {
            others.push(path.display().to_string());
            continue;
        }
        if model.is_some() {
            return Err(ArchiveError::Twice);
        }
        if !matches!(entry.header().entry_type(), EntryType::Regular | EntryType::Continuous) {
            return Err(ArchiveError::NoFile);
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        model = Some(bytes);
    }
    model.ok_or_else(|| ArchiveError::NoModel(others.join(", ")))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{Builder, EntryType, Header};

    use super::{ArchiveError, MOST_UNPACKED, model};

    fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        for (path, bytes) in files {
            let mut header = Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, *bytes).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    #[test]
    fn the_model_is_found_among_what_a_training_leaves() {
        let files: [(&str, &[u8]); 2] = [("challenger.json", b"{}"), ("model.json", b"[1]")];
        assert_eq!(model(&packed(&files)).unwrap(), b"[1]");
        assert_eq!(model(&packed(&[("./model.json", b"[2]")])).unwrap(), b"[2]");
    }

    #[test]
    fn what_is_no_such_archive_is_refused_in_words() {
        for (bytes, words) in [
            (b"no archive".to_vec(), "expected a tar packed by gzip"),
            (packed(&[]), "expected the file model.json, found nothing"),
            (packed(&[("a/model.json", b"1"), ("b", b"2")]), "found a/model.json, b"),
            (packed(&[("model.json", b"1"), ("model.json", b"2")]), "found two"),
        ] {
            let error = model(&bytes).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let whole = packed(&[("model.json", &vec![7; 100_000])]);
        let error = model(&whole[..whole.len() / 2]).unwrap_err();
        assert!(matches!(error, ArchiveError::Unreadable(_)), "{error}");
    }

    #[test]
    fn a_link_leads_nowhere() {
        let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, "model.json", "/etc/hostname").unwrap();
        let bytes = builder.into_inner().unwrap().finish().unwrap();
        assert!(matches!(model(&bytes).unwrap_err(), ArchiveError::NoFile));
    }

    #[test]
    fn more_than_any_model_is_not_unpacked() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        let mut header = Header::new_gnu();
        header.set_path("model.json").unwrap();
        header.set_size(MOST_UNPACKED + 1);
        header.set_cksum();
        gzip.write_all(header.as_bytes()).unwrap();
        let block = vec![0; 1 << 20];
        for _ in 0..=(MOST_UNPACKED >> 20) {
            gzip.write_all(&block).unwrap();
        }
        let bytes = gzip.finish().unwrap();
        assert!(bytes.len() < 4 << 20);
        assert!(matches!(model(&bytes).unwrap_err(), ArchiveError::TooLarge));
    }
}
