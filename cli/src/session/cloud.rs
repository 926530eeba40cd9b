//! The backend on AWS: the tables and queues of a deployed stack.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use jiff::SignedDuration;
use mindmate_contracts::app_table::ExportLine;
use mindmate_contracts::{QueueName, StreamName};
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_embedded::Whole;
use mindmate_host::aws::{self, Aws};
use mindmate_host::config::{Config, EnvFile, Program, Variable};
use mindmate_pipeline::ports::{MessageWriter, Notice, SentimentAnalyzer, TrainingStore};
use mindmate_pipeline::{PortError, SystemClock};

use super::{Installation, Into, Session, Trail, Written};

/// A stack, as far as the environment names it.
pub(crate) struct Cloud {
    pub(crate) session: Session,
    pub(crate) config: Config,
    aws: Aws,
}

/// What an installation on AWS has beside the ports.
struct Stack {
    aws: Aws,
    pseudonym_key: String,
}

impl Cloud {
    /// Reads what is needed of the environment. No call is made before a command makes one.
    pub(crate) async fn open(
        data: &Path,
        env_file: Option<&Path>,
        needed: &[Variable],
    ) -> anyhow::Result<Self> {
        let config = config(env_file, needed)?;
        let aws = aws::connect(&config).await;
        let stack = Stack { aws: aws.clone(), pseudonym_key: config.pseudonym_key.clone() };
        let session = Session {
            ports: aws.ports(),
            models: aws.model_store(),
            installation: Arc::new(stack),
            clock: Arc::new(SystemClock),
            overdue_after: SignedDuration::from_mins(config.overdue_minutes.into()),
            data: data.to_owned(),
            flags: flags(env_file),
        };
        Ok(Self { session, config, aws })
    }

    /// The model that drafts messages, where the environment names one.
    pub(crate) fn writer(&self) -> Option<Arc<dyn MessageWriter>> {
        self.config.message_model.as_deref().map(|model| self.aws.writer(model))
    }

    /// The service that analyses the sentiment of texts, where the environment wants one.
    pub(crate) fn sentiment(&self) -> Option<Arc<dyn SentimentAnalyzer>> {
        aws::sentiment(&self.aws, &self.config)
    }
}

/// What an operator needs, and every queue and stream with where its letters lie.
pub(crate) fn with_letters() -> Vec<Variable> {
    let mut needed = Program::Operator.needs();
    let queues = QueueName::ALL.into_iter();
    needed.extend(queues.flat_map(|name| [Variable::Queue(name), Variable::Dlq(name)]));
    needed.extend(StreamName::ALL.map(Variable::StreamDlq));
    // The app's table puts its own changes into its stream: nobody plays those back.
    let streams = StreamName::ALL.into_iter().filter(|name| *name != StreamName::AppTable);
    needed.extend(streams.map(Variable::Stream));
    needed.sort_unstable();
    needed.dedup();
    needed
}

/// The environment, and a file for what is not set there.
fn config(env_file: Option<&Path>, needed: &[Variable]) -> anyhow::Result<Config> {
    let Some(path) = env_file else {
        return Config::of_process(needed).map_err(|error| {
            anyhow::anyhow!(
                "{error}\ndeploy-ml-stack.sh writes them all into .env: name that file with --env-file"
            )
        });
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the variables in {}", path.display()))?;
    let file = EnvFile::parse(&text).with_context(|| format!("in {}", path.display()))?;
    Config::of_process_or(&file, needed).map_err(|error| {
        let path = path.display();
        anyhow::anyhow!(
            "{error}\ndeploy-ml-stack.sh writes them all into .env: neither {path} nor the environment sets these"
        )
    })
}

/// What no call heals by itself is often one of these.
pub(super) fn explain(error: anyhow::Error) -> anyhow::Error {
    let transient = |cause: &(dyn std::error::Error + 'static)| {
        matches!(cause.downcast_ref(), Some(PortError::Transient { .. }))
    };
    if !error.chain().any(transient) {
        return error;
    }
    error.context(
        "AWS did not do what was asked (are AWS_REGION, the credentials, AWS_ENDPOINT_URL and the names of the resources right?)",
    )
}

fn flags(env_file: Option<&Path>) -> String {
    let file = env_file.map(|path| format!(" --env-file {}", path.display()));
    format!(" --backend aws{}", file.unwrap_or_default())
}

#[async_trait]
impl Installation for Stack {
    async fn pseudonyms(&self) -> anyhow::Result<PseudonymKey> {
        let key = self.aws.pseudonym_key(&self.pseudonym_key).await;
        key.with_context(|| format!("cannot read the key of pseudonyms, {}", self.pseudonym_key))
    }

    async fn import(&self, items: Vec<ExportLine>, into: Into) -> anyhow::Result<Written> {
        let importer = self.aws.importer();
        let written = match into {
            Into::AppTable => importer.write(items).await,
            Into::Index => importer.index(&items).await,
        };
        let keys = written.context(
            "the import was stopped and is not complete; import the same again: what is written already stays as it is",
        )?;
        Ok(Written { keys: keys as u64, changes: None })
    }

    async fn verify_audit(&self) -> anyhow::Result<Trail> {
        match self.aws.verify_audit().await? {
            Ok(trail) => Ok(Trail { rows: trail.rows, chains: Some(trail.chains) }),
            Err(found) => {
                let user = self.pseudonyms().await?.of(&found.user);
                Err(anyhow::Error::new(found.fault).context(user.to_string()))
            }
        }
    }

    /// AWS looks after its tables.
    async fn check(&self) -> anyhow::Result<Option<Whole>> {
        Ok(None)
    }

    /// They go to the topic's subscribers.
    async fn notices(&self, _: usize) -> anyhow::Result<Option<Vec<Notice>>> {
        Ok(None)
    }

    async fn setting(&self, name: &str) -> anyhow::Result<Option<String>> {
        Ok(self.aws.setting(name).await?)
    }

    async fn put_setting(&self, name: &str, value: &str) -> anyhow::Result<()> {
        Ok(self.aws.put_setting(name, value).await?)
    }

    fn training_store(&self) -> Option<Arc<dyn TrainingStore>> {
        Some(self.aws.training_store())
    }
}
