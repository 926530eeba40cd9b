//! Where a training reads and writes: by flags, or as a SageMaker training job lays it out.
//!
//! | SageMaker's | what is there |
//! | --- | --- |
//! | `input/config/hyperparameters.json` | hyperparameters, all as text; may be absent |
//! | `input/data/train/samples.csv` | the channel `train` |
//! | `input/data/validation/samples.csv` | the channel `validation` |
//! | `input/data/manifest/manifest.json` | the channel `manifest` |
//! | `model/` | what is kept |
//! | `output/failure` | the reason where it failed; the first 1,024 characters are shown as `FailureReason` |
//!
//! The manifest is a channel of its own, whose source is its one key: a channel takes a folder as a whole, and the folder that
//! holds the manifest holds both sides. A copy of it beside either side would be a second truth.

use std::path::{Path, PathBuf};

use mindmate_contracts::training_set::MANIFEST_PATH;
use mindmate_evaluation::{SetError, TrainingSet};

/// Where SageMaker puts everything.
pub const SAGEMAKER: &str = "/opt/ml";

/// Where a training reads and writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The training set's files.
    pub data: PathBuf,
    /// Its manifest.
    pub manifest: PathBuf,
    /// Hyperparameters, where there are some.
    pub hyperparameters: Option<PathBuf>,
    /// What is kept.
    pub out: PathBuf,
    /// Where the reason is written if it fails.
    pub failure: Option<PathBuf>,
}

impl Places {
    /// On this machine: a folder with a set, and one for the model.
    pub fn here(data: &Path, out: &Path, hyperparameters: Option<&Path>) -> Self {
        Self {
            data: data.to_owned(),
            manifest: data.join(MANIFEST_PATH),
            hyperparameters: hyperparameters.map(Path::to_owned),
            out: out.to_owned(),
            failure: None,
        }
    }

    /// SageMaker's, below a root.
    pub fn sagemaker(root: &Path) -> Self {
        let data = root.join("input/data");
        let hyperparameters = root.join("input/config/hyperparameters.json");
        Self {
            manifest: data.join("manifest").join(MANIFEST_PATH),
            data,
            hyperparameters: hyperparameters.exists().then_some(hyperparameters),
            out: root.join("model"),
            failure: Some(root.join("output/failure")),
        }
    }

    /// The set.
    ///
    /// # Errors
    /// What is wrong with its manifest.
    pub fn set(&self) -> Result<TrainingSet, SetError> {
        TrainingSet::open_by(&self.data, self.manifest.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Places;

    #[test]
    fn sagemaker_has_a_channel_for_the_manifest() {
        let root = tempfile::tempdir().unwrap();
        let places = Places::sagemaker(root.path());
        assert_eq!(places.manifest, root.path().join("input/data/manifest/manifest.json"));
        assert_eq!(places.hyperparameters, None, "a job may have none");
        let error = places.set().unwrap_err().to_string();
        assert!(error.contains("input/data/manifest/manifest.json"), "{error}");
    }

    #[test]
    fn here_the_manifest_lies_beside_its_files() {
        let places = Places::here(Path::new("set"), Path::new("out"), None);
        assert_eq!(places.manifest, Path::new("set/manifest.json"));
        assert_eq!(places.failure, None);
    }
}
