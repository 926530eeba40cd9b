//! A number that remembers where it is from.

use std::iter::Sum;
use std::ops::{Add, Div, Mul};

use serde::Serialize;

/// How well a number is known. Of two that are put together the weaker counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Basis {
    /// It was asked for, or follows from the calendar.
    Given,
    /// A command measured it.
    Measured,
    /// Something in it is assumed: read in the code, guessed, or said by a flag.
    Modelled,
}

impl Basis {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Measured => "measured",
            Self::Modelled => "modelled",
        }
    }
}

/// A number and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Amount {
    pub(super) value: f64,
    pub(super) basis: Basis,
}

impl Amount {
    pub(super) const fn given(value: f64) -> Self {
        Self { value, basis: Basis::Given }
    }

    pub(super) const fn modelled(value: f64) -> Self {
        Self { value, basis: Basis::Modelled }
    }

    /// Whole things: what is begun counts.
    pub(super) fn ceil(self) -> Self {
        Self { value: self.value.ceil(), ..self }
    }

    pub(super) fn at_least(self, least: f64) -> Self {
        Self { value: self.value.max(least), ..self }
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { value: self.value + other.value, basis: self.basis.max(other.basis) }
    }
}

impl Mul for Amount {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self { value: self.value * other.value, basis: self.basis.max(other.basis) }
    }
}

impl Mul<f64> for Amount {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self { value: self.value * factor, ..self }
    }
}

impl Div<f64> for Amount {
    type Output = Self;

    fn div(self, by: f64) -> Self {
        Self { value: self.value / by, ..self }
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::given(0.0), Add::add)
    }
}
