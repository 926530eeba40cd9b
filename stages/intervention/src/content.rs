//! What is sent. Crisis resources come from data in memory: no call that could wait stands before them.

use mindmate_domain::InterventionId;
use mindmate_domain::intervention::{Content, CrisisResources, InterventionType, Message};
use mindmate_language::{Fill, TemplateError};
use tracing::error;

use crate::Interventions;
use crate::case::Case;

/// How many coping activities a message suggests.
const ACTIVITIES: usize = 3;

/// What stands as the template of a message that no template could write.
const LAST_RESORT: &str = "last-resort";

impl Interventions {
    /// The content for a case. The same for the same profile: the variant follows from the id.
    ///
    /// # Errors
    /// A template that does not render. Never for a critical one: then the resources are sent
    /// as they are.
    pub(crate) async fn content(&self, case: &Case<'_>) -> Result<Content, TemplateError> {
        match case.kind {
            // By a template, without a model: no call stands before the resources (safety 1).
            InterventionType::CrisisSupport => Ok(self.crisis_support(case)),
            InterventionType::CheckIn => {
                let message = self.draft_or_write(case, &fill(case)).await?;
                Ok(Content::CheckIn { message })
            }
            InterventionType::CopingActivities => self.coping_activities(case).await,
            InterventionType::Encouragement => {
                let message = self.draft_or_write(case, &fill(case)).await?;
                Ok(Content::Encouragement { message })
            }
        }
    }

    fn crisis_support(&self, case: &Case<'_>) -> Content {
        let (country, locale) = (case.profile.country.as_deref(), case.profile.locale.as_deref());
        let resources = self.materials.resources.for_locale(country, locale);
        let written = self.write(case, &Fill { resources: Some(&resources), ..fill(case) });
        let message = written.unwrap_or_else(|error| {
            error!(%error, "the resources are sent without a template");
            last_resort(&resources)
        });
        Content::CrisisSupport { message, resources }
    }

    async fn coping_activities(&self, case: &Case<'_>) -> Result<Content, TemplateError> {
        let (preferences, locale) = (&case.profile.preferences, case.profile.locale.as_deref());
        let seed = seed(&case.id);
        let chosen = self.materials.activities.choose(preferences, locale, ACTIVITIES, seed);
        let fill = Fill { activities: &chosen, ..fill(case) };
        let message = self.draft_or_write(case, &fill).await?;
        let activities = chosen.into_iter().map(|activity| activity.name).collect();
        Ok(Content::CopingActivities { message, activities })
    }

    async fn draft_or_write(
        &self,
        case: &Case<'_>,
        fill: &Fill<'_>,
    ) -> Result<Message, TemplateError> {
        match self.draft(case, fill).await {
            Some(message) => Ok(message),
            None => self.write(case, fill),
        }
    }

    fn write(&self, case: &Case<'_>, fill: &Fill<'_>) -> Result<Message, TemplateError> {
        let locale = case.profile.locale.as_deref();
        self.materials.templates.write(case.kind, locale, fill, seed(&case.id))
    }
}

/// Of the person, a display name and the name that they gave the companion; nothing else.
fn fill<'a>(case: &'a Case<'_>) -> Fill<'a> {
    let profile = &case.profile;
    Fill {
        name: profile.name.as_deref(),
        companion: profile.pet_name.as_deref(),
        ..Fill::default()
    }
}

/// The bare resources, from a sender that says what it is (safety 11).
fn last_resort(resources: &CrisisResources) -> Message {
    let helplines = resources.helplines().iter();
    let lines: Vec<_> =
        helplines.map(|line| format!("{}: {} ({})", line.name, line.contact, line.hours)).collect();
    let text = format!(
        "This is an automated message from your companion. You do not have to be alone with this. \
         You can reach people here:\n{}\n{}",
        lines.join("\n"),
        resources.emergency()
    );
    Message { template: LAST_RESORT.to_owned(), text }
}

/// A number that follows from the id: its first 16 hexadecimal digits. An id of any other form
/// takes the first variant.
fn seed(id: &InterventionId) -> u64 {
    let digits = id.as_str().get(..16).unwrap_or_default();
    u64::from_str_radix(digits, 16).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use mindmate_crisis::ResourceDirectory;

    use super::*;

    /// Safety 1, safety 11
    #[test]
    fn the_last_resort_holds_all_resources_and_says_that_it_is_automated() {
        for country in [None, Some("US"), Some("ES")] {
            let resources = ResourceDirectory::built_in().unwrap().for_country(country);
            let Message { template, text } = last_resort(&resources);
            assert_eq!(template, LAST_RESORT);
            assert!(text.contains("automated") && text.ends_with(resources.emergency()), "{text}");
            for line in resources.helplines() {
                assert!(text.contains(&line.name) && text.contains(&line.contact), "{text}");
            }
        }
    }

    #[test]
    fn the_seed_follows_from_the_id() {
        let id = InterventionId::from("00000000000000ff0123456789abcdef".to_owned());
        assert_eq!(seed(&id), 255);
        assert_eq!(seed(&InterventionId::from("short".to_owned())), 0);
    }
}
