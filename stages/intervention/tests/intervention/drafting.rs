//! Messages drafted by a language model (safety 1, 9 to 11).

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::intervention::Prompt;
use mindmate_domain::{Consent, Policy, RiskLevel};
use mindmate_intervention::InterventionPorts;
use mindmate_pipeline::ports::{MessageWriter, PortError, PortResult};

use crate::support::{World, asked, profile};

const SECOND: Duration = Duration::from_secs(1);

const DRAFT: &str = "It sounds as if these days have been heavy. How are you right now? \
    Someone whom you trust would gladly listen too.";

/// What a model does when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Answers(&'static str),
    Fails,
    Hangs,
    Panics,
}

struct Model {
    mood: Mood,
    asked: Mutex<Vec<Prompt>>,
}

#[async_trait]
impl MessageWriter for Model {
    fn name(&self) -> &'static str {
        "model"
    }

    async fn write(&self, prompt: &Prompt) -> PortResult<String> {
        self.asked.lock().unwrap().push(prompt.clone());
        match self.mood {
            Mood::Answers(draft) => Ok(draft.to_owned()),
            Mood::Fails => Err(PortError::transient("the model", "throttled")),
            Mood::Hangs => pending().await,
            Mood::Panics => panic!("a model that breaks"),
        }
    }
}

/// Handles a request of a person who consents, or not; the message's text and template, and what
/// the model was asked.
async fn sent(mood: Mood, level: RiskLevel, consents: bool) -> (String, String, Vec<Prompt>) {
    let world = World::new();
    let given = Policy::built_in().unwrap().legacy_consents.with(Consent::LanguageModel, consents);
    world.set_profile(mindmate_domain::app::Profile {
        consents: StatedConsents::Given(given),
        ..profile()
    });
    let model = Arc::new(Model { mood, asked: Mutex::default() });
    let writer: Arc<dyn MessageWriter> = Arc::<Model>::clone(&model);
    let stage = World::stage_over(InterventionPorts { writer: Some(writer), ..world.ports() });
    let handled = world.clock.drive(SECOND, world.handle_by(&stage, asked(level))).await;
    assert!(handled.unwrap().delivered().is_some());
    let stored = world.stored().await;
    let message = stored[0].intervention.content().message().clone();
    let asked = model.asked.lock().unwrap().clone();
    (message.text, message.template, asked)
}

#[tokio::test]
async fn with_consent_a_draft_is_sent_after_our_opening() {
    for level in [RiskLevel::High, RiskLevel::Moderate, RiskLevel::Low] {
        let (text, template, asked) = sent(Mood::Answers(DRAFT), level, true).await;
        assert!(text.starts_with("Hi Ada") && text.contains(DRAFT), "{text}");
        assert!(text.contains("automated companion"), "{text}");
        assert_eq!((template.as_str(), asked.len()), ("model@drafts-1", 1));
        let told = format!("{} {}", asked[0].instructions, asked[0].request);
        assert!(!told.contains("Ada") && !told.contains("music"), "{told}");
    }
}

#[tokio::test]
async fn without_consent_nothing_is_told_to_a_model() {
    let (_, template, asked) = sent(Mood::Answers(DRAFT), RiskLevel::High, false).await;
    assert!(template.contains("@templates-") && asked.is_empty(), "{template}");
}

/// Safety 1
#[tokio::test]
async fn a_critical_message_waits_for_no_model() {
    let (text, template, asked) = sent(Mood::Hangs, RiskLevel::Critical, true).await;
    assert!(template.contains("crisis-support") && asked.is_empty(), "{template}");
    assert!(text.contains("988"), "{text}");
}

/// Safety 10
#[tokio::test]
async fn a_draft_that_fails_or_may_not_be_sent_becomes_a_reviewed_template() {
    let bad = "It sounds as if you are depressed, and these days have been heavy for you.";
    for mood in [Mood::Fails, Mood::Hangs, Mood::Panics, Mood::Answers(bad), Mood::Answers("")] {
        let (text, template, asked) = sent(mood, RiskLevel::High, true).await;
        assert!(template.contains("check-in"), "{mood:?}: {template}");
        assert!(!text.contains("depressed"), "{text}");
        assert_eq!(asked.len(), 1);
    }
}
