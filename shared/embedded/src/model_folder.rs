//! Trained models in a folder: `{version}.json` for each, and `_current.json`, the pointer, a name that no version has.
//!
//! A file is written beside its place, made durable, and put there in one step: a version by a link,
//! which fails where there is one, the pointer by a rename under a lock that one process at a time has.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use mindmate_pipeline::ports::{
    JobName, ModelPut, ModelStore, ModelVersion, Pointer, PortError, PortResult, StandingPointer,
};
use tempfile::NamedTempFile;

use crate::data_dir::make_private;
use crate::folder::{Folder, lock, read, sync};

const FOLDER: Folder = Folder { port: "model-folder" };

const POINTER: &str = "_current.json";
const LOCK: &str = ".lock";
const ENDING: &str = ".json";

/// Trained models in a folder, which is made with the first of them.
#[derive(Debug, Clone)]
pub struct ModelFolder(PathBuf);

impl ModelFolder {
    /// The models in this folder.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

#[async_trait]
impl ModelStore for ModelFolder {
    fn place(&self) -> String {
        self.0.display().to_string()
    }

    async fn put(&self, version: &ModelVersion, artefact: Vec<u8>) -> PortResult<ModelPut> {
        let (root, name) = (self.0.clone(), format!("{version}{ENDING}"));
        FOLDER.blocking(&self.0, move || put(&root, &name, &artefact)).await
    }

    async fn get(&self, version: &ModelVersion) -> PortResult<Option<Vec<u8>>> {
        let path = self.0.join(format!("{version}{ENDING}"));
        FOLDER.blocking(&self.0, move || read(&path)).await
    }

    async fn versions(&self) -> PortResult<Vec<ModelVersion>> {
        let root = self.0.clone();
        FOLDER.blocking(&self.0, move || versions(&root)).await
    }

    async fn output(&self, job: &JobName, most: u64) -> PortResult<Option<Vec<u8>>> {
        let path = self.0.join(job.output());
        let output = FOLDER.blocking(&self.0, move || bounded(&path, most)).await?;
        match output {
            Some(Err(found)) => {
                let words =
                    format!("{}: expected at most {most} bytes, found {found}", job.output());
                Err(PortError::permanent(FOLDER.port, "too-large", words))
            }
            Some(Ok(bytes)) => Ok(Some(bytes)),
            None => Ok(None),
        }
    }

    async fn pointer(&self) -> PortResult<Option<StandingPointer>> {
        let root = self.0.clone();
        FOLDER.blocking(&self.0, move || pointer(&root)).await
    }

    async fn point(&self, from: Option<&StandingPointer>, to: &Pointer) -> PortResult<bool> {
        let (root, from, to) = (self.0.clone(), from.cloned(), to.clone());
        FOLDER.blocking(&self.0, move || point(&root, from.as_ref(), &to)).await
    }
}

fn put(root: &Path, name: &str, artefact: &[u8]) -> io::Result<ModelPut> {
    make_private(root)?;
    let place = root.join(name);
    match written(root, artefact)?.persist_noclobber(&place) {
        Ok(_) => {
            sync(root)?;
            Ok(ModelPut::Written)
        }
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
            let same = fs::read(&place)? == artefact;
            Ok(if same { ModelPut::Existing } else { ModelPut::Taken })
        }
        Err(error) => Err(error.error),
    }
}

/// A durable file beside its place. Who dies meanwhile leaves it under a name that is no version's.
fn written(root: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::with_prefix_in(".new-", root)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// A file of at most so many bytes, or how many it has.
fn bounded(path: &Path, most: u64) -> io::Result<Option<Result<Vec<u8>, u64>>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        found => {
            let found = found?.len();
            if found > most { Ok(Some(Err(found))) } else { Ok(read(path)?.map(Ok)) }
        }
    }
}

fn versions(root: &Path) -> io::Result<Vec<ModelVersion>> {
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut versions = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let name = name.to_str().filter(|name| *name != POINTER);
        let version = name.and_then(|name| name.strip_suffix(ENDING)?.parse().ok());
        versions.extend(version);
    }
    versions.sort();
    Ok(versions)
}

/// The pointer; its mark is its text.
fn pointer(root: &Path) -> io::Result<Option<StandingPointer>> {
    let Some(bytes) = read(&root.join(POINTER))? else { return Ok(None) };
    let invalid = |cause: String| {
        let words = format!("expected the pointer to a model in {POINTER}, found {cause}");
        io::Error::new(ErrorKind::InvalidData, words)
    };
    let mark = String::from_utf8(bytes).map_err(|error| invalid(error.to_string()))?;
    let pointer = serde_json::from_str(&mark).map_err(|error| invalid(error.to_string()))?;
    Ok(Some(StandingPointer { pointer, mark }))
}

fn point(root: &Path, from: Option<&StandingPointer>, to: &Pointer) -> io::Result<bool> {
    make_private(root)?;
    let _lock = lock(&root.join(LOCK), "another process changes the pointer")?;
    if pointer(root)?.map(|standing| standing.mark) != from.map(|standing| standing.mark.clone()) {
        return Ok(false);
    }
    let file = written(root, &serde_json::to_vec_pretty(to)?)?;
    file.persist(root.join(POINTER)).map_err(|error| error.error)?;
    sync(root)?;
    Ok(true)
}
