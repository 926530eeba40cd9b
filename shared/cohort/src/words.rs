//! How moods become sentences: a template of the mood's band, its slots filled, sometimes a second
//! sentence, a greeting or a question.

use crate::draw::Draw;
use crate::parameters as p;
use crate::phrases::{Bank, Phrases};
use crate::truth::Language;

/// A text, the tone it was written in (1 to 10), and whether it is explicit crisis language.
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) tone: f64,
    pub(crate) explicit: bool,
}

/// A person's way of putting things.
pub(crate) struct Words<'a> {
    bank: &'static Bank,
    pet_name: &'a str,
    pub(crate) draw: &'a mut Draw,
}

impl<'a> Words<'a> {
    pub(crate) fn new(language: Language, pet_name: Option<&'a str>, draw: &'a mut Draw) -> Self {
        Self { bank: Bank::of(language), pet_name: pet_name.unwrap_or_default(), draw }
    }

    /// A note beside a mood.
    pub(crate) fn note(&mut self, felt: f64, in_crisis: bool) -> Written {
        let tone = self.tone(felt);
        let band = self.band(tone);
        if let Some(written) = self.unusual(tone, in_crisis) {
            return written;
        }
        let mut text = self.filled(band.statements);
        self.add_tail(&mut text, band);
        Written { text, tone, explicit: false }
    }

    /// A message to the companion.
    pub(crate) fn message(&mut self, felt: f64, in_crisis: bool) -> Written {
        let tone = self.tone(felt);
        let band = self.band(tone);
        if let Some(written) = self.unusual(tone, in_crisis) {
            return written;
        }
        let asks = self.draw.chance(p::ASK_SHARE);
        let mut text = self.filled(if asks { band.asks } else { band.statements });
        if self.draw.chance(p::GREETING_SHARE) {
            let greeting = self.filled(self.bank.greetings);
            if greeting.len() + 1 + text.len() <= p::TEXT_BYTES_MAX {
                text = format!("{greeting} {text}");
            }
        }
        self.add_tail(&mut text, band);
        Written { text, tone, explicit: false }
    }

    /// The companion's answer.
    pub(crate) fn reply(&mut self, felt: f64) -> String {
        self.filled(self.band(felt).replies)
    }

    fn tone(&mut self, felt: f64) -> f64 {
        let (least, most) = p::MOOD;
        self.draw.normal(felt, p::WORDING_NOISE).clamp(least, most)
    }

    fn band(&self, tone: f64) -> &'static Phrases {
        let [deep, low, middle, good, great] = &self.bank.bands;
        let [deep_to, low_to, middle_to, good_to] = p::BAND_BOUNDS;
        match tone {
            tone if tone <= deep_to => deep,
            tone if tone <= low_to => low,
            tone if tone <= middle_to => middle,
            tone if tone <= good_to => good,
            _ => great,
        }
    }

    /// Explicit crisis language, at a nadir only, or an idiom that merely sounds like it.
    fn unusual(&mut self, tone: f64, in_crisis: bool) -> Option<Written> {
        let share = if in_crisis { p::EXPLICIT_SHARE } else { p::IDIOM_SHARE };
        if !self.draw.chance(share) {
            return None;
        }
        let of = if in_crisis { self.bank.explicit } else { self.bank.idioms };
        Some(Written { text: self.filled(of), tone, explicit: in_crisis })
    }

    fn add_tail(&mut self, text: &mut String, band: &Phrases) {
        if !self.draw.chance(p::TAIL_SHARE) {
            return;
        }
        let tail = self.filled(band.tails);
        if text.len() + 2 + tail.len() <= p::TEXT_BYTES_MAX {
            if !text.ends_with(['?', '!']) {
                text.push('.');
            }
            text.push(' ');
            text.push_str(&tail);
        }
    }

    fn filled(&mut self, templates: &[&'static str]) -> String {
        let mut rest = self.draw.word(templates);
        let mut text = String::with_capacity(p::TEXT_BYTES_MAX);
        while let Some((before, slot, after)) = next_slot(rest) {
            text.push_str(before);
            text.push_str(match slot {
                "who" => self.draw.word(self.bank.who),
                "what" => self.draw.word(self.bank.what),
                "when" => self.draw.word(self.bank.when),
                "pet" => self.pet_name,
                _ => slot,
            });
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

/// Splits at the first `{slot}`.
fn next_slot(template: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (before, rest) = template.split_once('{')?;
    let (slot, after) = rest.split_once('}')?;
    Some((before, slot, after))
}
