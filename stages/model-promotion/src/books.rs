//! What is written down of a choice: the training's row, the audit trail, and a notice.

use std::collections::BTreeMap;

use mindmate_domain::Feature;
use mindmate_domain::audit::{AuditAction, AuditEvent};
use mindmate_domain::instant::key_form;
use mindmate_model::Artefact;
use mindmate_pipeline::ports::{JobStatus, ModelVersion, Notice, TrainingJob};

use crate::{Candidate, Judgement, Promotion, PromotionError, PromotionPorts, Wish};

/// The books of one choice.
pub(crate) struct Books<'a> {
    ports: &'a PromotionPorts,
    wish: Wish<'a>,
    version: &'a ModelVersion,
    job: TrainingJob,
}

impl Promotion {
    pub(crate) fn books<'a>(
        &'a self,
        candidate: Candidate<'a>,
        wish: Wish<'a>,
        version: &'a ModelVersion,
        artefact: &Artefact,
    ) -> Books<'a> {
        let contents = artefact.contents();
        let job = TrainingJob {
            job_id: candidate.job.map_or_else(|| format!("train-{version}"), str::to_owned),
            status: JobStatus::Trained,
            at: wish.at,
            manifest_sha256: Some(contents.training.manifest_sha256.clone()),
            model: Some(version.clone()),
            model_path: Some(self.ports.models.place()),
            metrics: contents.metrics.clone(),
            importance: most_first(contents.importance.clone()),
            gates: serde_json::Value::Null,
            failure: None,
        };
        Books { ports: &self.ports, wish, version, job }
    }
}

fn most_first(mut importance: Vec<(Feature, f64)>) -> Vec<(Feature, f64)> {
    importance.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    importance
}

impl Books<'_> {
    pub(crate) async fn promoted(self, judgement: &Judgement) -> Result<(), PromotionError> {
        self.close(Some(judgement), AuditAction::ModelPromoted, JobStatus::Promoted).await
    }

    pub(crate) async fn refused(self, judgement: &Judgement) -> Result<(), PromotionError> {
        self.close(Some(judgement), AuditAction::ModelRefused, JobStatus::Refused).await
    }

    /// It serves: if nothing says that it was promoted, who promoted it died before.
    pub(crate) async fn make_up(self) -> Result<(), PromotionError> {
        let known = self.ports.jobs.job(&self.job.job_id).await?;
        if known.is_some_and(|job| job.status == JobStatus::Promoted) {
            return Ok(());
        }
        self.close(None, AuditAction::ModelPromoted, JobStatus::Promoted).await
    }

    /// The row last: it says that the rest is written.
    async fn close(
        mut self,
        judgement: Option<&Judgement>,
        action: AuditAction,
        status: JobStatus,
    ) -> Result<(), PromotionError> {
        self.ports.audit.append(&self.event(judgement, action)).await?;
        self.ports.notifier.notify(&self.notice(judgement, status)).await?;
        self.job.status = status;
        if let Some(judgement) = judgement {
            self.job.gates = serde_json::to_value(&judgement.verdict)?;
            self.job.metrics = serde_json::to_value(&judgement.report)?;
        }
        Ok(self.ports.jobs.put(&self.job).await?)
    }

    fn event(&self, judgement: Option<&Judgement>, action: AuditAction) -> AuditEvent {
        let mut details = BTreeMap::new();
        let mut detail = |name: &str, value: String| details.insert(name.to_owned(), value);
        match judgement {
            Some(judgement) => {
                let verdict = &judgement.verdict;
                detail("comparedWith", verdict.champion.clone());
                detail("gates", verdict.gates_version.clone());
                detail("notPassed", not_passed(judgement).join("; "));
            }
            None => {
                detail("madeUpFor", "it served already, and nothing said so".to_owned());
            }
        }
        if let Some(reason) = self.wish.force {
            detail("force", reason.to_owned());
        }
        AuditEvent {
            at: self.wish.at,
            actor: self.wish.by.to_owned(),
            action,
            user: None,
            subject: format!("models/{}", self.version),
            details,
        }
    }

    fn notice(&self, judgement: Option<&Judgement>, status: JobStatus) -> Notice {
        let version = self.version;
        let gates = judgement.map(not_passed).unwrap_or_default();
        let text = match status {
            JobStatus::Refused => format!(
                "The model {version} does not serve: {}. What served before does. Its report: mindmate models show {version}",
                gates.join("; ")
            ),
            _ if gates.is_empty() => format!("The model {version} serves now; every gate passed."),
            _ => format!(
                "The model {version} serves now because {} insisted, though: {}",
                self.wish.by,
                gates.join("; ")
            ),
        };
        // With the instant: what is promoted again after a rollback is told of again.
        let at = key_form(self.wish.at);
        let id = format!("{}{version}/{}/{at}", Notice::OF_MODEL, status.name());
        Notice { id, at: self.wish.at, text }
    }
}

/// The gates that did not pass, in words.
fn not_passed(judgement: &Judgement) -> Vec<String> {
    let gates = judgement.verdict.gates.iter().filter(|gate| !gate.passed);
    gates.map(|gate| format!("{}: {}, wanted {}", gate.name, gate.found, gate.wanted)).collect()
}
