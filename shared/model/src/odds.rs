//! Between log-odds and probabilities.

/// 1 / (1 + e⁻ᶻ) without overflow, in the form that keeps the digits on either side.
pub fn logistic(log_odds: f64) -> f64 {
    if log_odds >= 0.0 {
        1.0 / (1.0 + (-log_odds).exp())
    } else {
        let odds = log_odds.exp();
        odds / (1.0 + odds)
    }
}
