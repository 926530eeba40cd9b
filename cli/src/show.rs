//! `mindmate show`: what the pipeline holds about one user.

use mindmate_domain::instant::key_form;
use mindmate_domain::intervention::DeliveryStatus;
use mindmate_domain::{Assessment, UserId};
use mindmate_model::Words;
use mindmate_pipeline::ports::StoredIntervention;
use serde_json::{Value, json};

use crate::args::{self, Format};
use crate::exit::Exit;
use crate::output;
use crate::session::{self, Place};

/// Assessments and interventions that are shown.
const SHOWN: usize = 60;

/// Factors that are told in words.
const FACTORS: usize = 3;

pub(crate) async fn run(place: &Place, format: Format, args: &args::Show) -> anyhow::Result<Exit> {
    let session = place.open_existing().await?;
    let user = session::user(&args.user)?;
    let assessments = session.ports.assessments.latest(&user, SHOWN).await?;
    let interventions = session.ports.interventions.latest(&user, SHOWN).await?;
    let words = Words::built_in()?;
    anyhow::ensure!(
        !assessments.is_empty() || !interventions.is_empty(),
        "nothing is held about this user: is the id right, and was there a run?"
    );
    let view = View { user: &user, operator: args.operator, words: &words };
    match format {
        Format::Json => output::json(&json!({
            "userId": user.as_str(),
            "assessments": assessments.iter().map(|one| view.assessment(one)).collect::<Vec<_>>(),
            "interventions": interventions.iter().map(intervention).collect::<Vec<_>>(),
        }))?,
        Format::Text | Format::Csv => output::text(&view.text(&assessments, &interventions))?,
    }
    Ok(Exit::Success)
}

/// How much may be shown.
struct View<'a> {
    user: &'a UserId,
    operator: bool,
    words: &'a Words,
}

impl View<'_> {
    /// Factors in plain words, never with their weight.
    fn factors(&self, assessment: &Assessment) -> Vec<&str> {
        let mut factors = self.words.factors(&assessment.contributions, &assessment.features);
        factors.truncate(FACTORS);
        factors
    }

    fn assessment(&self, assessment: &Assessment) -> Value {
        let missing: Vec<_> = assessment
            .missing_parts
            .iter()
            .map(|part| json!({"family": part.family, "cause": part.cause}))
            .collect();
        let mut view = json!({
            "asOf": assessment.as_of,
            "level": assessment.level,
            "method": assessment.method,
            "factors": self.factors(assessment),
            "floor": assessment.floor,
            "confidence": confidence(assessment.confidence),
            "missingParts": missing,
            "missingFeatures": assessment.features.missing().len(),
            "dataQuality": assessment.data_quality,
            "historical": assessment.historical,
            "policyVersion": assessment.policy_version,
        });
        if self.operator {
            view["score"] = json!(assessment.score.map(mindmate_domain::RiskScore::for_operator));
            view["contributions"] = json!(assessment.contributions);
            view["modelVersion"] = json!(assessment.model_version);
        }
        view
    }

    fn text(&self, assessments: &[Assessment], interventions: &[StoredIntervention]) -> String {
        let mut out = format!(
            "User {}\n\nAssessments, latest first\n",
            output::printable(self.user.as_str())
        );
        for one in assessments {
            out += &format!("  {}  {:<8}  by {}", one.as_of, one.level.name(), one.method.name());
            if let (true, Some(score)) = (self.operator, one.score) {
                out += &format!("  score {:.4}", score.for_operator());
            }
            if let Some(floor) = one.floor {
                out += &format!("  (floor {} by crisis language)", floor.level);
            }
            out += if one.historical { "  historical\n" } else { "\n" };
            for factor in self.factors(one) {
                out += &format!("      {factor}\n");
            }
            out += &format!("      data: {}\n", data_words(one));
        }
        if assessments.is_empty() {
            out += "  none\n";
        }
        out += "\nInterventions, latest first\n";
        for one in interventions {
            let decided = &one.intervention;
            out += &format!(
                "  {}  {:<16}  {}\n",
                key_form(decided.created_at()),
                decided.content().kind().name(),
                status(&one.status)
            );
        }
        if interventions.is_empty() {
            out += "  none\n";
        }
        out
    }
}

fn status(status: &DeliveryStatus) -> String {
    match status {
        DeliveryStatus::Pending => "decided, not delivered yet".to_owned(),
        DeliveryStatus::Delivered { at } => format!("delivered {}", key_form(*at)),
    }
}

fn intervention(stored: &StoredIntervention) -> Value {
    let decided = &stored.intervention;
    json!({
        "interventionId": decided.id(),
        "asOf": decided.as_of(),
        "level": decided.level(),
        "type": decided.content().kind(),
        "template": decided.content().message().template,
        "message": decided.content().message().text,
        "status": stored.status,
        "historical": decided.historical(),
    })
}

/// How sure an assessment is, in a word: bounds at thirds.
fn confidence(confidence: f64) -> &'static str {
    if confidence < 1.0 / 3.0 {
        "low"
    } else if confidence < 2.0 / 3.0 {
        "medium"
    } else {
        "high"
    }
}

fn data_words(assessment: &Assessment) -> String {
    let mut words = vec![format!(
        "{} confidence, {} of 70 features missing",
        confidence(assessment.confidence),
        assessment.features.missing().len()
    )];
    for part in &assessment.missing_parts {
        words.push(format!("{} part missing ({:?})", part.family.name(), part.cause));
    }
    for (defect, count) in assessment.data_quality.iter() {
        words.push(format!("{count} × {}", defect.name()));
    }
    words.join("; ")
}
