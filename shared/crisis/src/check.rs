//! What a look for crisis language came to, in the form that travels beside the features.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mindmate_domain::{CrisisCategory, CrisisCheck, CrisisSignal};

/// Gathers what was found in the texts of a history: each category once, at its latest text, from
/// the least to the most acute. In whatever order the texts were read, the outcome is the same.
///
/// Call it only once all texts were read: an empty outcome says that there is no crisis language,
/// which is another thing than [`CrisisCheck::Failed`] or [`CrisisCheck::NotConsented`].
pub fn gather(found: impl IntoIterator<Item = (Timestamp, CrisisCategory)>) -> CrisisCheck {
    let mut latest = BTreeMap::new();
    for (at, category) in found {
        latest
            .entry(category)
            .and_modify(|last: &mut Timestamp| *last = at.max(*last))
            .or_insert(at);
    }
    // The map is in the order of the categories, which is that of their acuteness.
    let signals = latest.into_iter().map(|(category, at)| CrisisSignal { category, at }).collect();
    CrisisCheck::Read { signals }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn nothing_found_is_read_and_empty() {
        assert_eq!(gather([]), CrisisCheck::Read { signals: vec![] });
    }

    /// Safety 3
    #[test]
    fn each_category_is_kept_once_at_its_latest_text() {
        use CrisisCategory::{ActiveIdeation, PassiveIdeation, PlanIntentMeans};
        let check = gather([
            (at(30), PlanIntentMeans),
            (at(10), PassiveIdeation),
            (at(50), PassiveIdeation),
            (at(40), PassiveIdeation),
            (at(20), ActiveIdeation),
        ]);
        let found: Vec<_> = check.signals().iter().map(|s| (s.category, s.at)).collect();
        assert_eq!(
            found,
            [(PassiveIdeation, at(50)), (ActiveIdeation, at(20)), (PlanIntentMeans, at(30))]
        );
    }

    proptest! {
        #[test]
        fn agrees_with_a_search_by_category(
            found in prop::collection::vec((0_i64..1_000, 0_usize..4), 0..40),
        ) {
            let found: Vec<_> =
                found.into_iter().map(|(s, c)| (at(s), CrisisCategory::ALL[c])).collect();
            let expected: Vec<_> = CrisisCategory::ALL
                .into_iter()
                .filter_map(|category| {
                    let at = found.iter().filter(|f| f.1 == category).map(|f| f.0).max()?;
                    Some(CrisisSignal { category, at })
                })
                .collect();
            prop_assert_eq!(gather(found), CrisisCheck::Read { signals: expected });
        }
    }
}
