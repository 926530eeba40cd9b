//! Words that are spelled so that a list misses them, or so that they shout: "k1ll", "dieeee", and
//! "suicide" with a Cyrillic letter in it.
//!
//! A suspicious text is read a second time, as [`lift`] spells it, against lists spelled the same
//! way. Lifting is coarse (it makes "too" and "to" one); that is why only crisis language is looked
//! for behind a disguise.

/// A letter that stands this often in a row is drawn out: no word of the lists has it three times.
const DRAWN_OUT: u32 = 3;

/// Whether a form of a text looks disguised: a drawn out letter, a word with letters and digits, or
/// a letter that looks like a Latin one.
pub(crate) fn suspected(form: &str) -> bool {
    let (mut last, mut run) = (b' ', 0);
    let (mut letter, mut digit) = (false, false);
    for byte in form.bytes() {
        if byte == b' ' {
            (letter, digit) = (false, false);
        } else if byte.is_ascii_digit() {
            digit = true;
        } else {
            letter = true;
        }
        run = if byte == last { run + 1 } else { 1 };
        last = byte;
        if (letter && digit) || (run >= DRAWN_OUT && byte.is_ascii_alphabetic()) {
            return true;
        }
    }
    !form.is_ascii() && form.chars().any(|c| latin(c) != c)
}

/// A normalised text with lookalikes made Latin, digits inside words made letters, and each letter
/// that stands more than once in a row standing once. What stands on one side of a blank changes nothing on the other.
pub(crate) fn lift(normal: &str) -> String {
    let mut lifted = String::with_capacity(normal.len());
    let mut last = ' ';
    for word in normal.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let mixed = word.contains(char::is_alphabetic);
        for c in word.chars() {
            let plain = if mixed { letter_for(latin(c)) } else { c };
            if plain != last || !plain.is_alphabetic() {
                lifted.push(plain);
            }
            last = plain;
        }
    }
    lifted
}

fn letter_for(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        _ => c,
    }
}

/// The Latin letter that a Cyrillic or Greek one looks like.
fn latin(c: char) -> char {
    match c {
        'а' | 'α' => 'a',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' => 'e',
        'һ' | 'н' => 'h',
        'і' | 'ι' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' => 'l',
        'м' => 'm',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' => 'u',
        'ν' => 'v',
        'х' | 'χ' => 'x',
        'у' => 'y',
        _ => c,
    }
}
