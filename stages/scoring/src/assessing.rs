//! Makes an assessment: the ladder, the floor, and what is written down of both.

use jiff::{SignedDuration, Timestamp};
use mindmate_contracts::messages::FeaturesExtracted;
use mindmate_domain::Assessment;
use mindmate_pipeline::PortResult;

use crate::Scoring;
use crate::ladder::Rung;

impl Scoring {
    /// The assessment as this try would write it.
    pub(crate) async fn assess(
        &self,
        input: FeaturesExtracted,
        now: Timestamp,
    ) -> PortResult<Assessment> {
        let rung = self.rung(&input, now).await?;
        let FeaturesExtracted { request, vector, crisis, missing_parts, data_quality } = input;
        let floor = self.policy.floor(crisis.signals(), request.as_of.instant());
        let level = floor.map_or(rung.level, |floor| rung.level.at_least(floor.level));
        let created_at = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let days = i64::from(self.policy.assessments.retention_days);
        let kept = SignedDuration::from_hours(days * 24);
        Ok(Assessment {
            user: request.user_id,
            as_of: request.as_of,
            position: request.run,
            score: rung.score,
            level,
            method: rung.method,
            model_version: rung.model_version,
            policy_version: self.policy.version.clone(),
            floor,
            crisis_check: crisis,
            features: vector,
            contributions: rung.contributions,
            missing_parts,
            confidence: rung.confidence,
            data_quality,
            historical: request.historical,
            created_at,
            expires_at: created_at.saturating_add(kept).unwrap_or(Timestamp::MAX),
        })
    }

    /// The first rung that can say something.
    async fn rung(&self, input: &FeaturesExtracted, now: Timestamp) -> PortResult<Rung> {
        let current = match &self.current {
            Some(current) => current.get(now).await,
            None => None,
        };
        let models: Vec<_> = current.iter().chain(&self.models).cloned().collect();
        let missing = &input.missing_parts;
        let scored = Rung::of_models(&models, &input.vector, missing, &self.policy);
        if let Some(rung) = scored {
            return Ok(rung);
        }
        let (user, as_of) = (&input.request.user_id, input.request.as_of);
        let last_known = self.ports.assessments.last_known(user, as_of).await?;
        Ok(Rung::without_a_score(last_known, as_of, &self.policy))
    }
}
