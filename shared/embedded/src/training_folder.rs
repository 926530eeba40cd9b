//! The training set in a folder.
//!
//! A draft is written in a folder of its own beside the set, which one process at a time has. To
//! publish it, its files are made durable, the earlier manifest is removed, and each file is renamed
//! into its place, the manifest last: whoever is killed meanwhile leaves no manifest, and so no set.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{MANIFEST_PATH, Side, TrainingDraft, TrainingStore};

use crate::data_dir::make_private;
use crate::folder::{Folder, lock, read, remove_if_there, sync};

const FOLDER: Folder = Folder { port: "training-folder" };

/// The folder of the draft.
const DRAFT: &str = ".draft";

/// The training set in a folder. Its samples are about people, even under pseudonyms: the folder is its
/// owner's alone where this makes it.
#[derive(Debug, Clone)]
pub struct TrainingFolder(PathBuf);

impl TrainingFolder {
    /// The set in this folder, which is made at the first draft.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

#[async_trait]
impl TrainingStore for TrainingFolder {
    fn place(&self) -> String {
        self.0.display().to_string()
    }

    async fn draft(&self) -> PortResult<Box<dyn TrainingDraft>> {
        let root = self.0.clone();
        let draft = FOLDER.blocking(&self.0, move || FolderDraft::begin(root)).await?;
        Ok(Box::new(draft))
    }

    async fn read(&self, path: &str) -> PortResult<Option<Vec<u8>>> {
        let path = self.0.join(path);
        FOLDER.blocking(&self.0, move || read(&path)).await
    }

    async fn remove(&self) -> PortResult<()> {
        let root = self.0.clone();
        FOLDER
            .blocking(&self.0, move || {
                remove_if_there(&root.join(MANIFEST_PATH))?;
                Side::ALL.iter().try_for_each(|side| remove_if_there(&root.join(side.path())))
            })
            .await
    }
}

/// A set that is being written.
struct FolderDraft {
    root: PathBuf,
    files: [File; 2],
    /// Held as long as the draft is.
    _lock: File,
}

impl FolderDraft {
    fn begin(root: PathBuf) -> io::Result<Self> {
        make_private(&root)?;
        make_private(&root.join(DRAFT))?;
        let lock = lock(&root.join(DRAFT).join("lock"), "another process prepares it")?;
        let [train, validation] = Side::ALL.map(|side| File::create(drafted(&root, side)));
        Ok(Self { files: [train?, validation?], root, _lock: lock })
    }

    fn put_in_place(&self, manifest: &[u8]) -> io::Result<()> {
        let new_manifest = self.root.join(DRAFT).join(MANIFEST_PATH);
        let mut file = File::create(&new_manifest)?;
        file.write_all(manifest)?;
        file.sync_all()?;
        self.files.iter().try_for_each(File::sync_all)?;
        remove_if_there(&self.root.join(MANIFEST_PATH))?;
        sync(&self.root)?;
        for side in Side::ALL {
            let place = self.root.join(side.path());
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
                fs::rename(drafted(&self.root, side), &place)?;
                sync(folder)?;
            }
        }
        fs::rename(new_manifest, self.root.join(MANIFEST_PATH))?;
        fs::remove_dir_all(self.root.join(DRAFT))?;
        sync(&self.root)
    }
}

#[async_trait]
impl TrainingDraft for FolderDraft {
    async fn append(&mut self, side: Side, bytes: Vec<u8>) -> PortResult<()> {
        let root = self.root.clone();
        let mut file =
            self.files[side as usize].try_clone().map_err(|error| FOLDER.failed(&root, &error))?;
        FOLDER.blocking(&root, move || file.write_all(&bytes)).await
    }

    async fn publish(self: Box<Self>, manifest: Vec<u8>) -> PortResult<()> {
        let root = self.root.clone();
        FOLDER.blocking(&root, move || self.put_in_place(&manifest)).await
    }

    async fn discard(self: Box<Self>) -> PortResult<()> {
        let root = self.root.clone();
        FOLDER.blocking(&root, move || fs::remove_dir_all(self.root.join(DRAFT))).await
    }
}

fn drafted(root: &Path, side: Side) -> PathBuf {
    root.join(DRAFT).join(side.name())
}
