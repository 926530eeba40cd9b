//! Every number of the process, and why it has the size it has.
//!
//! **All of them are invented by the authors of this crate.** None was measured on people or taken
//! from a study, and nothing clinical follows from any of them. Where a size has a reason, it is what
//! the pipeline should meet in a test. Moods are on the diary's scale of 1 to 10, times in days.

/// A range that a value is drawn from evenly.
pub(crate) type Range = (f64, f64);

/// A range of whole days, both ends included.
pub(crate) type Days = (u32, u32);

// --- Mood of a person -------------------------------------------------------------------------

/// Bounds of the scale.
pub(crate) const MOOD: Range = (1.0, 10.0);
/// Mean of the personal baselines: somewhat above the middle, since most people are well.
pub(crate) const BASELINE_MEAN: f64 = 6.7;
/// Their standard deviation: wide enough that some are low for good and still safe.
pub(crate) const BASELINE_SD: f64 = 1.2;
/// Where baselines are clipped: leaves room for days below and above.
pub(crate) const BASELINE: Range = (3.5, 9.2);
/// Share of the way back to the baseline a day: a bad day lasts from two days to a week.
pub(crate) const REVERSION: Range = (0.15, 0.6);
/// Standard deviation of the days around the baseline: from steady to changeable people.
pub(crate) const SPREAD: Range = (0.4, 1.1);
/// Lift on Saturdays and Sundays: noticeable in a mean, lost in a single day.
pub(crate) const WEEKEND_LIFT: Range = (0.0, 0.6);
/// Standard deviation of an entry around its day's mood.
pub(crate) const ENTRY_NOISE: Range = (0.25, 0.75);
/// Share of people who only ever log whole numbers: makes the ties that rank statistics must bear.
pub(crate) const WHOLE_NUMBERS_SHARE: f64 = 0.3;

// --- Crises and low spells --------------------------------------------------------------------

/// Chance a day that a crisis begins, for a person of mean baseline: set so that 2 to 3% of people
/// are at a nadir or less than a week before one at any time.
pub(crate) const CRISIS_CHANCE: f64 = 0.0023;
/// How much likelier a crisis is for each point that the baseline lies below the mean.
pub(crate) const CRISIS_CHANCE_PER_POINT: f64 = 0.5;
/// Least and greatest factor on that chance.
pub(crate) const CRISIS_FACTOR: Range = (0.25, 3.0);
/// Share of crises that come suddenly. Nothing announces them: no score can find them all.
pub(crate) const SUDDEN_SHARE: f64 = 0.25;
/// Length of a slow decline: two to four weeks.
pub(crate) const SLOW_FALL: Days = (14, 28);
/// Length of a sudden fall.
pub(crate) const SUDDEN_FALL: Days = (1, 2);
/// Days at the bottom.
pub(crate) const NADIR_DAYS: Days = (3, 7);
/// Days of recovery.
pub(crate) const RECOVERY: Days = (8, 24);
/// Latent mood at the bottom.
pub(crate) const NADIR_MOOD: Range = (1.1, 1.8);
/// Standard deviation of the days at the bottom.
pub(crate) const NADIR_WOBBLE: f64 = 0.15;
/// Latent mood at the bottom never exceeds this.
pub(crate) const NADIR_CEILING: f64 = 2.0;
/// Linear part of a decline; the rest grows with the square, so that it gets steeper.
pub(crate) const FALL_LINEAR_PART: f64 = 0.6;
/// Factor on the reversion while a slow decline lasts: people get stuck before they fall.
pub(crate) const SLOWING_FACTOR: f64 = 0.5;
/// Chance a day that a low spell begins: more of them than crises, so that a dip alone decides
/// nothing.
pub(crate) const SPELL_CHANCE: f64 = 0.005;
/// Days down into a low spell.
pub(crate) const SPELL_FALL: Days = (1, 10);
/// Days at its bottom.
pub(crate) const SPELL_DAYS: Days = (2, 6);
/// Days out of it.
pub(crate) const SPELL_RECOVERY: Days = (2, 8);
/// Latent mood at its bottom: low, and above a crisis.
pub(crate) const SPELL_MOOD: Range = (2.8, 4.6);
/// Days simulated before the diary begins, so that it can begin in the middle of an episode: longer
/// than the longest one.
pub(crate) const BURN_IN_DAYS: i32 = 70;

// --- Presence ---------------------------------------------------------------------------------

/// Mood from which on nobody stays away for being low; the lowness grows from here down to 1.
pub(crate) const LOW_FROM: f64 = 5.0;
/// Chance a day that a person who is well stays away the next day.
pub(crate) const LEAVE_CHANCE: f64 = 0.03;
/// What full lowness adds to it.
pub(crate) const LEAVE_CHANCE_LOW: f64 = 0.12;
/// Chance a day that one who stayed away comes back.
pub(crate) const RETURN_CHANCE: f64 = 0.55;
/// What full lowness takes from it: makes streaks of missing days.
pub(crate) const RETURN_CHANCE_LOW: f64 = 0.25;
/// Share of users other than new ones who stopped a week or more ago; with those who are away by chance about 15% were
/// not active in the last seven days.
pub(crate) const LAPSED_SHARE: f64 = 0.16;
/// Days before the end that a lapsed user stopped, at most.
pub(crate) const LAPSED_DAYS_MAX: f64 = 120.0;
/// Days before the end that a lapsed user stopped, at least: the window of the daily run.
pub(crate) const LAPSED_DAYS_MIN: f64 = 7.0;
/// Share of users who came in the last month.
pub(crate) const NEW_SHARE: f64 = 0.08;
/// Days before the end that a new user came, at most.
pub(crate) const NEW_DAYS_MAX: f64 = 30.0;
/// Days before the diary's start that the others came.
pub(crate) const ACCOUNT_AGE_DAYS: Range = (1.0, 700.0);

// --- Entries a day that a person is present; about 3 events a day in all ----------------------

/// Mean mood entries (0 to 3 a day).
pub(crate) const MOOD_RATE: Range = (0.6, 1.5);
/// Share of them that full lowness takes away.
pub(crate) const MOOD_RATE_LOW: f64 = 0.4;
/// Mean own chat messages (0 to 3 a day).
pub(crate) const CHAT_RATE: Range = (0.2, 1.2);
/// Share of own messages that the companion answers.
pub(crate) const REPLY_SHARE: f64 = 0.6;
/// Seconds until it answers.
pub(crate) const REPLY_SECONDS: Range = (2.0, 45.0);
/// Mean sessions (0 to 3 a day).
pub(crate) const SESSION_RATE: f64 = 0.7;
/// Median session: four minutes.
pub(crate) const SESSION_MEDIAN_SECONDS: f64 = 240.0;
/// Standard deviation of the logarithm of a session's length.
pub(crate) const SESSION_LOG_SD: f64 = 0.8;
/// Where sessions are clipped: five seconds, two hours.
pub(crate) const SESSION_SECONDS: Range = (5.0, 7_200.0);
/// Chance of an activity.
pub(crate) const ACTIVITY_CHANCE: f64 = 0.3;
/// Share of activities that the companion suggested.
pub(crate) const SUGGESTED_SHARE: f64 = 0.85;
/// Share of activities done by a person who is well.
pub(crate) const DONE_SHARE: f64 = 0.55;
/// What full lowness takes from it.
pub(crate) const DONE_SHARE_LOW: f64 = 0.4;
/// Minutes until an activity is done.
pub(crate) const DONE_MINUTES: Range = (3.0, 120.0);
/// Share of done activities that are rated.
pub(crate) const RATED_SHARE: f64 = 0.5;
/// Share of rated ones found helpful by a person who is well; half of it at full lowness.
pub(crate) const HELPFUL_SHARE: f64 = 0.8;
/// Chance of a selfie for a person who is well.
pub(crate) const SELFIE_CHANCE: f64 = 0.12;
/// Share of selfies that full lowness takes away.
pub(crate) const SELFIE_LOW: f64 = 0.7;
/// Share of mood entries with a tag.
pub(crate) const TAG_SHARE: f64 = 0.25;

// --- Hours ------------------------------------------------------------------------------------

/// Weight of each local hour on a good day: morning, noon and a long evening.
pub(crate) const HOURS_WELL: [u32; 24] =
    [4, 2, 1, 1, 1, 2, 10, 30, 45, 35, 25, 25, 35, 30, 22, 22, 25, 32, 42, 52, 60, 58, 40, 15];
/// The same at full lowness: the night fills and the morning empties.
pub(crate) const HOURS_LOW: [u32; 24] = [
    40, 34, 30, 26, 22, 14, 10, 14, 18, 18, 20, 22, 24, 24, 22, 22, 24, 26, 30, 36, 42, 46, 48, 46,
];
/// Hours by which a person's day is later than another's.
pub(crate) const CHRONOTYPE_HOURS: Days = (0, 2);

// --- Texts ------------------------------------------------------------------------------------

/// Share of mood entries with a note.
pub(crate) const NOTE_SHARE: f64 = 0.6;
/// Standard deviation between what a person feels and how it is put into words.
pub(crate) const WORDING_NOISE: f64 = 0.6;
/// Upper bounds of the bands deep, low, middle and good.
pub(crate) const BAND_BOUNDS: [f64; 4] = [2.3, 4.3, 6.0, 8.0];
/// Share of texts at a nadir with explicit crisis language.
pub(crate) const EXPLICIT_SHARE: f64 = 0.06;
/// Share of other texts with an idiom that only sounds like it: the detector must pass them over.
pub(crate) const IDIOM_SHARE: f64 = 0.006;
/// Share of texts with a second sentence.
pub(crate) const TAIL_SHARE: f64 = 0.45;
/// Share of messages that ask something of the companion.
pub(crate) const ASK_SHARE: f64 = 0.25;
/// Share of messages that greet first.
pub(crate) const GREETING_SHARE: f64 = 0.2;
/// Longest text that a tail or greeting is put to, in bytes.
pub(crate) const TEXT_BYTES_MAX: usize = 92;

// --- Stored sentiment -------------------------------------------------------------------------

/// Share of texts that the analyser got to.
pub(crate) const ANALYZED_SHARE: f64 = 0.97;
/// Raw negative score at mood 1 and at mood 10.
pub(crate) const NEGATIVE_SCORE: Range = (0.95, -0.4);
/// Raw positive score at mood 1 and at mood 10.
pub(crate) const POSITIVE_SCORE: Range = (-0.25, 1.05);
/// Raw neutral score.
pub(crate) const NEUTRAL_SCORE: f64 = 0.25;
/// Raw mixed score.
pub(crate) const MIXED_SCORE: f64 = 0.1;
/// Standard deviation of each raw score: an analyser is often wrong about a short text.
pub(crate) const SCORE_NOISE: f64 = 0.2;
/// Least raw score before the four are scaled to 1.
pub(crate) const SCORE_LEAST: f64 = 0.01;

// --- Profile ----------------------------------------------------------------------------------

/// Share of profiles that lack any one optional attribute.
pub(crate) const ABSENT_SHARE: f64 = 0.04;
/// Share of profiles with a push endpoint.
pub(crate) const PUSH_SHARE: f64 = 0.7;
/// Share of users from before consents existed: no block.
pub(crate) const LEGACY_SHARE: f64 = 0.12;
/// Share of the others who opted out of scoring: 3% of all.
pub(crate) const NO_SCORING_SHARE: f64 = 0.034;
/// Share of the others without text analysis: 5% of all.
pub(crate) const NO_TEXT_SHARE: f64 = 0.057;
/// Share of the others without outreach: 4% of all.
pub(crate) const NO_OUTREACH_SHARE: f64 = 0.0455;
/// Share that lets a language model write.
pub(crate) const LANGUAGE_MODEL_SHARE: f64 = 0.6;
/// Share that lets its history be learned from.
pub(crate) const TRAINING_SHARE: f64 = 0.5;
/// Share that lets a reviewer look.
pub(crate) const HUMAN_REVIEW_SHARE: f64 = 0.75;
/// Activities that a person likes, at most.
pub(crate) const PREFERENCES_MAX: u32 = 3;
/// What the companion suggests.
pub(crate) const ACTIVITIES: [&str; 10] = [
    "breathing",
    "walk",
    "journaling",
    "music",
    "stretching",
    "meditation",
    "gratitude",
    "drawing",
    "reading",
    "call-a-friend",
];
/// What a companion can be like.
pub(crate) const PERSONALITIES: [&str; 5] = ["gentle", "cheerful", "calm", "curious", "playful"];
/// What people call their companion.
pub(crate) const PET_NAMES: [&str; 12] = [
    "Luna", "Miso", "Pip", "Coco", "Nube", "Biscuit", "Kiwi", "Sol", "Maple", "Pancho", "Momo",
    "Ori",
];
/// Names of those who write English.
pub(crate) const NAMES_ENGLISH: [&str; 16] = [
    "Alex", "Amara", "Ben", "Chloe", "Devi", "Ewan", "Grace", "Hiro", "Ines", "Jonas", "Kemi",
    "Liam", "Maya", "Noor", "Priya", "Zoë",
];
/// Names of those who write Spanish.
pub(crate) const NAMES_SPANISH: [&str; 16] = [
    "Agustín",
    "Belén",
    "Camila",
    "Diego",
    "Elena",
    "Fernando",
    "Inés",
    "Javier",
    "Lucía",
    "Mateo",
    "Nuria",
    "Óscar",
    "Paula",
    "Sofía",
    "Tomás",
    "Valentina",
];
/// Tags of mood entries.
pub(crate) const TAGS: [&str; 8] =
    ["work", "sleep", "family", "friends", "health", "study", "money", "weather"];
