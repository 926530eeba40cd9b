//! A model against the one that serves, on the same rows.

use mindmate_evaluation::{GateResult, Judge, Ladder, Samples, Scores};
use mindmate_model::{Artefact, Ensemble, RiskModel};
use mindmate_pipeline::ports::{ModelVersion, StandingPointer};

use crate::{Candidate, Judgement, Promotion, PromotionError};

impl Promotion {
    pub(crate) async fn judge(
        &self,
        candidate: Candidate<'_>,
        artefact: &Artefact,
        standing: Option<&StandingPointer>,
        step: &(dyn Fn() + Sync),
    ) -> Result<Judgement, PromotionError> {
        let current = standing.and_then(|it| it.pointer.current.as_ref());
        let (champion, unreadable_champion) = self.champion(current).await?;
        let ours = Ensemble::new(artefact.clone());
        let scores = self.scores(&ours, candidate)?;
        let theirs = match &champion {
            Some(champion) => self.scores(champion, candidate)?,
            None => Scores::of(Ladder { model: &*self.rules, below: None }, candidate.validation)?,
        };
        let judge = self.judge_of(candidate.validation, step);
        let (report, [difference]) = judge.compare(&scores, [&theirs]);
        let mut verdict = self.gates.judge(&report, &difference);
        verdict.gates.extend(provenance(candidate, artefact));
        verdict.passed = verdict.gates.iter().all(|gate| gate.passed);
        Ok(Judgement { verdict, report, difference, unreadable_champion })
    }

    /// How many resamples a promotion draws at most: for who shows progress.
    pub fn resamples(&self, validation: &Samples) -> u64 {
        self.judge_of(validation, &|| {}).steps_to_compare(1)
    }

    fn judge_of<'a>(&self, samples: &'a Samples, step: &'a (dyn Fn() + Sync)) -> Judge<'a> {
        Judge { samples, levels: self.policy.levels, bootstrap: self.bootstrap, step }
    }

    /// The model that serves, or why it cannot be asked.
    async fn champion(
        &self,
        current: Option<&ModelVersion>,
    ) -> Result<(Option<Ensemble>, Option<String>), PromotionError> {
        let Some(version) = current else { return Ok((None, None)) };
        let Some(bytes) = self.ports.models.get(version).await? else {
            let place = self.ports.models.place();
            return Ok((None, Some(format!("the model {version} that serves is not in {place}"))));
        };
        Ok(match Artefact::parse(&bytes) {
            Ok(artefact) => (Some(Ensemble::new(artefact)), None),
            Err(error) => (None, Some(format!("the model {version} that serves: {error}"))),
        })
    }

    /// What the ladder says with this model on top.
    fn scores(
        &self,
        model: &dyn RiskModel,
        candidate: Candidate<'_>,
    ) -> Result<Scores, PromotionError> {
        let ladder = Ladder { model, below: Some(&*self.rules) };
        Ok(Scores::of(ladder, candidate.validation)?)
    }
}

/// Whether these rows can judge it.
fn provenance(candidate: Candidate<'_>, artefact: &Artefact) -> [GateResult; 2] {
    let (trained, manifest) = (&artefact.contents().training, candidate.set.manifest());
    let invented = |synthetic| if synthetic { "invented" } else { "real" }.to_owned();
    [
        GateResult {
            name: "people whom it does not know".to_owned(),
            wanted: format!("trained under the key {}", manifest.key_id),
            found: trained.key_id.clone(),
            passed: trained.key_id == manifest.key_id,
        },
        GateResult {
            name: "trained on such people".to_owned(),
            wanted: invented(manifest.synthetic),
            found: invented(trained.synthetic),
            passed: trained.synthetic == manifest.synthetic,
        },
    ]
}
