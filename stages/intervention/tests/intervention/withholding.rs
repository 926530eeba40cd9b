//! When nothing is sent, and who hears of that.

use mindmate_domain::app::{AppItem, Author};
use mindmate_domain::intervention::{ReviewReason, WithheldReason};
use mindmate_domain::{AsOf, Consent, RiskLevel};
use mindmate_pipeline::Clock;
use mindmate_testkit::conformance::samples::{AS_OF, as_of, assessment, chat};

use crate::support::{HOUR, MINUTE, World, asked, asked_at, person, pseudonyms};

impl World {
    /// Handles a request of now, some hours later.
    async fn after(&self, hours: u32, level: RiskLevel) -> Option<WithheldReason> {
        self.clock.advance(hours * HOUR);
        self.handle(asked_at(self.now_as_of(), level)).await.withheld()
    }

    fn user_writes(&self) {
        let at = self.clock.now().to_string();
        let item: AppItem = chat(&at, Author::User, "thank you");
        self.backend.put_item(&person(), &item);
    }

    async fn put_assessment(&self, at: &str) {
        let newer = assessment(&person(), as_of(at), RiskLevel::Low);
        self.backend.assessments().put(&newer).await.unwrap();
    }
}

/// Safety 12, R8.4: consents are read again here.
#[tokio::test]
async fn an_opt_out_takes_effect_on_what_is_queued() {
    for (consent, reason) in [
        (Consent::Scoring, WithheldReason::NoScoringConsent),
        (Consent::Outreach, WithheldReason::NoOutreachConsent),
    ] {
        let world = World::new();
        world.refuse(consent);
        let said = world.handle(asked(RiskLevel::High)).await;
        assert_eq!(said.withheld(), Some(reason));
        assert_eq!(said.message.id, "daily-2026-11-22/3/17/withheld");
        assert_eq!((world.chats(), world.stored().await.len()), (0, 0));
        assert_eq!((world.review_reasons().await, world.pages()), (vec![], 0));
    }
}

/// Safety 6: not delivered pages at once.
#[tokio::test]
async fn a_critical_one_without_outreach_goes_to_humans_at_once() {
    let world = World::new();
    world.refuse(Consent::Outreach);
    let said = world.handle(asked(RiskLevel::Critical)).await;
    assert_eq!(said.withheld(), Some(WithheldReason::NoOutreachConsent));
    let expected = [ReviewReason::CriticalAssessment, ReviewReason::CriticalNotDelivered];
    assert_eq!(world.review_reasons().await, expected);
    assert_eq!(world.handle(asked(RiskLevel::Critical)).await, said);
    assert_eq!((world.pages(), world.chats()), (1, 0));
}

/// Safety 6, safety 13: the entry stands, its content may not be seen, and nobody is called.
#[tokio::test]
async fn a_critical_one_after_an_opt_out_of_scoring_stays_an_entry_without_content() {
    let world = World::new();
    world.refuse(Consent::Scoring);
    let said = world.handle(asked(RiskLevel::Critical)).await;
    assert_eq!(said.withheld(), Some(WithheldReason::NoScoringConsent));
    let [entry] = &world.reviews().await[..] else { panic!("one entry") };
    assert_eq!(entry.reason, ReviewReason::CriticalAssessment);
    assert!(!entry.content_allowed);
    assert_eq!(world.pages(), 0);
}

#[tokio::test]
async fn a_reviewer_sees_content_only_with_consent() {
    let world = World::new();
    world.refuse(Consent::HumanReview);
    world.handle(asked(RiskLevel::Critical)).await;
    assert!(!world.reviews().await[0].content_allowed);
}

/// Safety 17
#[tokio::test]
async fn a_page_names_the_person_by_pseudonym_only() {
    let world = World::new();
    world.refuse(Consent::Outreach);
    world.handle(asked(RiskLevel::Critical)).await;
    let notice = world.backend.notices().remove(0);
    let written = format!("{} {}", notice.id, notice.text);
    assert!(written.contains(&pseudonyms().of(&person()).to_string()), "{written}");
    assert!(!written.contains("canary") && !written.contains("Ada"), "{written}");
}

/// Safety 7
#[tokio::test]
async fn an_assessment_older_than_a_day_goes_to_review_and_is_not_sent() {
    for (level, entries, pages) in [
        (RiskLevel::High, vec![ReviewReason::LateIntervention], 0),
        (
            RiskLevel::Critical,
            vec![ReviewReason::CriticalAssessment, ReviewReason::LateIntervention],
            1,
        ),
    ] {
        let world = World::new();
        world.clock.advance(24 * HOUR);
        let said = world.handle(asked(level)).await;
        assert_eq!(said.withheld(), Some(WithheldReason::Stale));
        assert_eq!(world.review_reasons().await, entries);
        assert_eq!((world.pages(), world.chats()), (pages, 0));
    }
}

/// Safety 7
#[tokio::test]
async fn an_assessment_of_exactly_a_day_is_not_too_old() {
    let world = World::new();
    // A minute has passed already.
    world.clock.advance(23 * HOUR + 59 * MINUTE);
    assert!(world.handle(asked(RiskLevel::High)).await.delivered().is_some());
}

/// Safety 7
#[tokio::test]
async fn an_assessment_that_a_newer_one_has_overtaken_goes_to_review() {
    for (level, pages) in [(RiskLevel::Moderate, 0), (RiskLevel::Critical, 1)] {
        let world = World::new();
        world.put_assessment(AS_OF).await;
        world.put_assessment("2026-11-22T06:00:30.000Z").await;
        world.clock.advance(15 * MINUTE);
        let said = world.handle(asked(level)).await;
        assert_eq!(said.withheld(), Some(WithheldReason::Overtaken));
        assert!(world.review_reasons().await.contains(&ReviewReason::LateIntervention));
        assert_eq!((world.pages(), world.chats()), (pages, 0));
    }
}

/// Safety 4: the helplines of somebody who goes on writing do not wait until they stop, and what they
/// write next, even where it sounds calm, takes nothing back.
#[tokio::test]
async fn a_newer_assessment_overtakes_none_that_is_in_time() {
    for level in [RiskLevel::High, RiskLevel::Critical] {
        let world = World::new();
        world.put_assessment(AS_OF).await;
        for second in 10..40 {
            world.put_assessment(&format!("2026-11-22T06:00:{second}.000Z")).await;
        }
        assert!(world.handle(asked(level)).await.delivered().is_some());
        assert_eq!((world.pages(), world.chats()), (0, 1));
    }
}

/// Safety 7: its own assessment does not overtake it.
#[tokio::test]
async fn the_assessment_itself_overtakes_nothing() {
    let world = World::new();
    world.put_assessment(AS_OF).await;
    assert!(world.handle(asked(RiskLevel::High)).await.delivered().is_some());
}

/// Safety 5: a cool-down of a day ends an hour early, in step with the daily run.
#[tokio::test]
async fn the_same_or_a_lower_level_waits_for_the_cool_down() {
    let world = World::new();
    assert_eq!(world.after(0, RiskLevel::High).await, None);
    assert_eq!(world.after(22, RiskLevel::High).await, Some(WithheldReason::CoolDown));
    assert_eq!(world.after(0, RiskLevel::Low).await, Some(WithheldReason::CoolDown));
    assert_eq!(world.after(1, RiskLevel::High).await, None);
    assert_eq!(world.chats(), 2);
}

/// Safety 5
#[tokio::test]
async fn the_cool_down_is_doubled_where_the_last_one_was_answered() {
    let world = World::new();
    assert_eq!(world.after(0, RiskLevel::High).await, None);
    world.clock.advance(HOUR);
    world.user_writes();
    assert_eq!(world.after(45, RiskLevel::High).await, Some(WithheldReason::CoolDown));
    assert_eq!(world.after(1, RiskLevel::High).await, None);
}

/// Safety 5: never a critical one after a lower one, and never the escalation to a human.
#[tokio::test]
async fn the_cool_down_never_holds_back_a_critical_one_after_a_lower_one() {
    let world = World::new();
    assert_eq!(world.after(0, RiskLevel::High).await, None);
    world.clock.advance(MINUTE);
    world.user_writes();
    assert_eq!(world.after(0, RiskLevel::Critical).await, None);
    assert_eq!(world.after(1, RiskLevel::Critical).await, Some(WithheldReason::CoolDown));
    let entered: Vec<AsOf> = world.reviews().await.iter().map(|entry| entry.as_of).collect();
    assert_eq!(entered.len(), 2, "the one that was held back is with a human");
    assert_eq!((world.pages(), world.chats()), (0, 3));
}
