//! Which crisis language stands once its context is looked at.

use mindmate_domain::crisis::CrisisCategory;

use crate::matcher::Hit;

/// The most acute category among the hits that stand.
pub(crate) fn most_acute(hits: &[Hit]) -> Option<CrisisCategory> {
    hits.iter().filter_map(|hit| hit.kind.category()).max()
}
