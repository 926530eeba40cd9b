"""The features of a history, as a Python team would make them: with numpy.

Definitions are those of docs/FEATURES.md; `bench.py check` holds the values against the ones that
`mindmate features` gives for the same people. Features that count words of a list are simpler here:
one regular expression a list, without the look at what stands around a phrase. They are the same
work and not always the same number.
"""

import hashlib
import re
import tomllib
from datetime import datetime, timezone
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

DAY = 86_400.0
LISTED = {
    "negative_word_frequency", "help_seeking_frequency", "despair_keywords", "isolation_keywords",
    "hopelessness_score", "crisis_keywords", "first_person_rate", "absolutist_rate",
    "crisis_language_recency_days",
}
LANGUAGE_DATA = Path(__file__).resolve().parents[3] / "shared/language/data"
LEGACY = {"scoring": True, "textAnalysis": True, "outreach": True}
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


# Word lists ---------------------------------------------------------------------------------------

def _pattern(phrase, groups):
    """A phrase of a lexicon as a regular expression: its notation is nearly one."""
    for _ in range(4):
        phrase = re.sub(r"<(\w+)>", lambda m: "(" + "|".join(groups[m[1]]) + ")", phrase)
    phrase = phrase.replace("(", "(?:").replace(" ~ ", r" (?:\S+ ){0,4}")
    return phrase.replace(" ", r"\s*")


@lru_cache
def lexicon(language):
    """One compiled expression a list, or none where there is no list for the language."""
    folder = LANGUAGE_DATA / language
    if not folder.is_dir():
        return None
    lists = {}
    for name in ("negative", "despair", "isolation", "help-seeking", "absolutist", "first-person",
                 "crisis"):
        data = tomllib.loads((folder / f"{name}.toml").read_text())
        groups = data.get("groups", {})
        phrases = [p for kind in data["phrases"].values() for p in kind]
        if all(re.fullmatch(r"[\w']+", phrase) for phrase in phrases):
            lists[name] = frozenset(phrases)
        else:
            alternatives = "|".join(_pattern(phrase, groups) for phrase in phrases)
            lists[name] = re.compile(rf"\b(?:{alternatives})\b")
    return lists


def hits(entry, text, words):
    if isinstance(entry, frozenset):
        return sum(word in entry for word in words)
    return sum(1 for _ in entry.finditer(text))


def read_text(text, lists):
    """What is counted of one text."""
    folded = text.casefold().replace("\u2019", "'")
    words = WORD.findall(folded)
    counts = {name: hits(entry, folded, words) for name, entry in lists.items()}
    counts["words"] = len(words)
    # I'm, I've, I'll, I'd count as I.
    counts["first-person"] += sum(word.split("'")[0] == "i" and "'" in word for word in words)
    return counts


# History ------------------------------------------------------------------------------------------

def instant(text):
    return datetime.fromisoformat(text).timestamp()


def consents(profile):
    block = profile.get("consents")
    if block is None:
        return LEGACY
    if "M" not in block:
        return {}
    return {name: value.get("BOOL", False) for name, value in block["M"].items()}


class History:
    """What the items of 35 days say, by kind and in order."""

    def __init__(self, items, as_of):
        self.as_of = as_of
        self.profile = {}
        self.moods, self.interactions, self.selfies = [], [], []
        self.sessions, self.activities, self.texts = [], [], []
        events, sentiments = [], {}
        for sk, item in items:
            kind = item.get("type", {}).get("S")
            if sk == "PROFILE":
                self.profile = item
            elif kind == "SENTIMENT":
                sentiments[sk.removeprefix("SENTIMENT#")] = item
            elif kind in ("MOOD", "CHAT", "SELFIE", "SESSION", "ACTIVITY"):
                at = instant((item.get("timestamp") or item["ts"])["S"])
                if as_of - 35 * DAY < at <= as_of:
                    events.append((at, sk, kind, item))
        events.sort(key=lambda event: event[:2])
        self.consents = consents(self.profile)
        self.zone = ZoneInfo(self.profile.get("timezone", {}).get("S", "UTC"))
        self.language = self.profile.get("locale", {}).get("S", "en").split("-")[0]
        for at, sk, kind, item in events:
            self._take(at, sk, kind, item, sentiments)
        firsts = [at for at, *_ in events[:1]]
        if "createdAt" in self.profile:
            firsts.append(instant(self.profile["createdAt"]["S"]))
        self.first = min(firsts, default=None)

    def _take(self, at, sk, kind, item, sentiments):
        text = None
        if kind == "MOOD":
            self.moods.append((at, float(item["mood"]["N"])))
            self.interactions.append(at)
            text = item.get("notes", {}).get("S")
        elif kind == "CHAT":
            own = item.get("userMessage") or (
                item.get("message") if item.get("sender", {}).get("S") == "user" else None)
            if own:
                self.interactions.append(at)
                text = own["S"]
        elif kind == "SELFIE":
            self.selfies.append(at)
            self.interactions.append(at)
        elif kind == "SESSION":
            self.sessions.append((at, float(item["durationSeconds"]["N"])))
        else:
            done = item.get("completedAt", {}).get("S")
            self.activities.append((at, item["suggested"]["BOOL"], instant(done) if done else None))
        if text and text.strip() and self.consents.get("textAnalysis"):
            stored = sentiments.get(sk)
            if stored and stored["textHash"]["S"] != hashlib.sha256(text.encode()).hexdigest():
                stored = None
            self.texts.append((at, text, stored))

    def local(self, at):
        when = datetime.fromtimestamp(at, self.zone)
        return when.date().toordinal(), when.hour


# Statistics ---------------------------------------------------------------------------------------

def line(x, y):
    dx = x - x.mean()
    xx = (dx * dx).sum()
    return (dx * (y - y.mean())).sum() / xx if xx > 1e-12 else None


def per_day(at, values):
    if len(at) < 2 or at[-1] - at[0] < DAY:
        return None
    return line((at - at[0]) / DAY, values)


def variance(x):
    squares = ((x - x.mean()) ** 2).sum()
    return 0.0 if squares <= 1e-12 else squares / len(x)


def pearson(a, b):
    da, db = a - a.mean(), b - b.mean()
    aa, bb = (da * da).sum(), (db * db).sum()
    if aa <= 1e-12 or bb <= 1e-12:
        return None
    return float(np.clip((da * db).sum() / np.sqrt(aa * bb), -1, 1))


def steps(x):
    return np.abs(np.diff(x)).mean() if len(x) > 1 else None


def tau_b(x, y):
    i, j = np.triu_indices(len(x), 1)
    sx, sy = np.sign(x[j] - x[i]), np.sign(y[j] - y[i])
    untied = np.count_nonzero(sx) * np.count_nonzero(sy)
    return (sx * sy).sum() / np.sqrt(untied) if untied else None


def longest(flags):
    best = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        best = max(best, run)
    return best


def round9(x):
    return np.round(x, 9)


# Families -----------------------------------------------------------------------------------------

class Look:
    """A history with what several features need."""

    def __init__(self, history):
        self.history = history
        self.now = history.as_of
        self.today = history.local(self.now)[0]
        self.mood_at = np.array([at for at, _ in history.moods])
        self.mood = np.array([mood for _, mood in history.moods])
        self.mood_day = np.array([history.local(at)[0] for at, _ in history.moods], dtype=int)
        self.seen = np.array(history.interactions)
        local = [history.local(at) for at in history.interactions]
        self.seen_day = np.array([day for day, _ in local], dtype=int)
        self.seen_hour = np.array([hour for _, hour in local], dtype=int)
        self.dates = self._dates(30)

    def within(self, at, days):
        return (at > self.now - days * DAY) & (at <= self.now)

    def _dates(self, days):
        first = self.today - days
        if self.history.first is not None:
            first = max(first, self.history.local(self.history.first)[0])
        return np.arange(first, self.today)

    def by_date(self, at_days, dates):
        return np.array([np.count_nonzero(at_days == date) for date in dates])

    def daily(self, chosen):
        days, moods = self.mood_day[chosen], self.mood[chosen]
        unique = np.unique(days)
        return unique, round9(np.array([moods[days == day].mean() for day in unique]))


def mood(look, out):
    chosen = {}
    for days in (7, 14, 30):
        chosen[days] = look.within(look.mood_at, days) if len(look.mood_at) else np.array([], bool)
        at, moods = look.mood_at[chosen[days]], look.mood[chosen[days]]
        out[f"mood_trend_{days}day"] = per_day(at, moods)
        out[f"mood_mean_{days}day"] = moods.mean() if len(moods) else None
        out[f"mood_std_{days}day"] = np.sqrt(variance(moods)) if len(moods) > 1 else None
    week = look.mood[chosen[7]]
    out["mood_variance_7day"] = variance(week) if len(week) > 1 else None
    for name, of in (("mood_min_7day", np.min), ("mood_max_7day", np.max)):
        out[name] = of(week) if len(week) else None
    trend = out["mood_trend_7day"]
    out["mood_decline_rate"] = None if trend is None else max(0.0, -trend)
    out["low_mood_frequency"] = (week <= 3).mean() if len(week) else None
    out["high_mood_frequency"] = (week >= 8).mean() if len(week) else None
    out["missing_days_7day"] = np.count_nonzero(look.by_date(look.mood_day, look._dates(7)) == 0)
    days, means = look.daily(chosen[30])
    out["mood_volatility"] = steps(means)
    out["consecutive_low_days"] = longest(means <= 4) if len(means) else None
    out["consecutive_high_days"] = longest(means >= 7) if len(means) else None
    month, weekend = look.mood[chosen[30]], (look.mood_day[chosen[30]] - 1) % 7 >= 5
    both = len(month) and weekend.any() and not weekend.all()
    out["weekend_mood_diff"] = month[weekend].mean() - month[~weekend].mean() if both else None
    out["total_mood_entries"] = len(month)
    return days, means


def behaviour(look, out):
    history = look.history
    month = look.within(look.seen, 30) if len(look.seen) else np.array([], bool)
    seen, hours = look.seen[month], look.seen_hour[month]
    selfies = sum(at > look.now - 30 * DAY for at in history.selfies)
    out["total_interactions"], out["daily_checkin_frequency"] = len(seen), len(seen) / 30
    out["selfies_count"], out["selfie_frequency"] = selfies, selfies / 30
    out["mood_logs_count"] = out["total_mood_entries"]
    lasted = [seconds for at, seconds in history.sessions if at > look.now - 30 * DAY]
    out["avg_session_duration"] = np.mean(lasted) if lasted else None
    by_date = look.by_date(look.seen_day, look.dates)
    series = np.trim_zeros(by_date, "f")
    enough = by_date.sum() >= 7 and np.count_nonzero(by_date) >= 2
    out["engagement_trend"] = line(np.arange(len(series)), series) if enough else None
    out["usage_consistency"] = np.sqrt(variance(series)) if enough else None
    gaps = np.diff(seen) / 3_600
    out["response_time_trend"] = line(np.arange(len(gaps)), gaps) if len(seen) >= 3 else None
    asked = [done for at, suggested, done in history.activities
             if suggested and at > look.now - 30 * DAY]
    done = sum(at is not None and at <= look.now for at in asked)
    out["activity_completion_rate"] = done / len(asked) if asked else None
    out["late_night_usage"] = np.count_nonzero((hours >= 23) | (hours < 5))
    weekend = (look.dates - 1) % 7 >= 5
    both = len(look.dates) and weekend.any() and not weekend.all()
    out["weekend_usage_change"] = (
        by_date[weekend].mean() - by_date[~weekend].mean() if both else None)
    return by_date, seen, hours


def sentiment(look, out):
    history = look.history
    if not history.consents.get("textAnalysis"):
        return
    texts = [text for text in history.texts if text[0] > look.now - 30 * DAY]
    out["total_messages_analyzed"] = len(texts)
    out["avg_message_length"] = np.mean([len(text) for _, text, _ in texts]) if texts else None
    for days in (7, 30):
        found = [(at, float(stored["negative"]["N"])) for at, _, stored in texts
                 if stored and at > look.now - days * DAY]
        at, negative = np.array([x[0] for x in found]), np.array([x[1] for x in found])
        out[f"sentiment_trend_{days}day"] = per_day(at, negative)
    analysed = [stored for _, _, stored in texts if stored]
    labels = [stored["label"]["S"] for stored in analysed]
    for label in ("negative", "positive", "neutral", "mixed"):
        share = labels.count(label.upper()) / len(labels) if labels else None
        out[f"{label}_sentiment_frequency"] = share
    for name in ("negative", "positive", "neutral"):
        scores = [float(stored[name]["N"]) for stored in analysed]
        out[f"avg_{name}_score"] = np.mean(scores) if scores else None
    out["sentiment_volatility"] = steps(negative) if len(analysed) else None
    words(look, texts, out)


def words(look, texts, out):
    lists = lexicon(look.history.language)
    if lists is None:
        return
    counts = [read_text(text, lists) for _, text, _ in look.history.texts]
    of_month = counts[len(counts) - len(texts):]
    total = {name: sum(one[name] for one in of_month) for name in (*lists, "words")}
    per_word = total["words"] or None
    for name, of, times in (("negative_word_frequency", "negative", 1),
                            ("first_person_rate", "first-person", 100),
                            ("absolutist_rate", "absolutist", 100)):
        out[name] = times * total[of] / per_word if per_word else None
    seeking = sum(one["help-seeking"] > 0 for one in of_month)
    out["help_seeking_frequency"] = seeking / len(texts) if texts else None
    out["despair_keywords"], out["isolation_keywords"] = total["despair"], total["isolation"]
    out["crisis_keywords"] = sum(one["crisis"] > 0 for one in of_month)
    negative = out["avg_negative_score"]
    out["hopelessness_score"] = (
        None if negative is None else 0.6 * negative + 0.4 * min(total["despair"] / 5, 1))
    in_crisis = [at for (at, _, _), one in zip(look.history.texts, counts) if one["crisis"]]
    out["crisis_language_recency_days"] = (look.now - in_crisis[-1]) / DAY if in_crisis else None


def dynamics(look, days, means, by_date, seen, hours, out):
    i, j = np.triu_indices(len(means), 1)
    out["mood_theil_sen_30day"] = (
        np.median((means[j] - means[i]) / (days[j] - days[i])) if len(means) > 1 else None)
    out["mood_mann_kendall_z"] = mann_kendall(means) if len(means) >= 10 else None
    adjacent = np.flatnonzero(np.diff(days) == 1)
    change = np.diff(means)[adjacent]
    out["mood_rmssd"] = np.sqrt((change**2).mean()) if len(change) else None
    out["mood_acute_change"] = (round9(np.abs(change)) >= 2.0).mean() if len(change) else None
    residuals = np.array([])
    if len(means) > 1:
        slope = line(days - days[0], means)
        residuals = means - (means.mean() + slope * (days - days.mean()))
    def correlation(pairs):
        return pearson(residuals[pairs], residuals[pairs + 1]) if len(pairs) >= 5 else None
    out["mood_inertia"] = correlation(adjacent)
    most = np.sqrt((means.mean() - 1) * (10 - means.mean())) if len(means) > 1 else 0
    out["mood_relative_sd"] = np.sqrt(variance(means)) / most if most > 0 else None
    out["mood_slowing_down"] = None
    if len(days):
        windows = [(date, correlation(adjacent[(days[adjacent] >= date - 9)
                                               & (days[adjacent] < date)]))
                   for date in range(days[0] + 9, days[-1] + 1)]
        windows = [(date, round9(r)) for date, r in windows if r is not None]
        if len(windows) >= 10:
            out["mood_slowing_down"] = tau_b(*map(np.array, zip(*windows)))
    against_before(look, out)
    rhythm(look, by_date, seen, hours, out)


def mann_kendall(means):
    i, j = np.triu_indices(len(means), 1)
    s = np.sign(means[j] - means[i]).sum()
    if s == 0:
        return 0.0
    n, (_, ties) = len(means), np.unique(means, return_counts=True)
    var = (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    return (s - np.sign(s)) / np.sqrt(var)


def against_before(look, out):
    out["mood_ewma_alarm"] = out["mood_personal_deviation"] = None
    if not len(look.mood_at):
        return
    recent = look.within(look.mood_at, 7)
    before = look.daily(~recent & look.within(look.mood_at, 35))[1]
    week = look.daily(recent)[1]
    if len(before) >= 10 and len(week) and variance(before) > 0:
        mu, sigma, z, alarm = before.mean(), np.sqrt(variance(before)), before.mean(), False
        for k, x in enumerate(week, 1):
            z = 0.2 * x + 0.8 * z
            alarm |= bool(z < mu - 2.7 * sigma * np.sqrt(0.2 / 1.8 * (1 - 0.8 ** (2 * k))))
        out["mood_ewma_alarm"] = float(alarm)
    if len(before) >= 5 and len(week):
        usual = np.median(before)
        spread = max(np.median(np.abs(before - usual)), 0.1)
        out["mood_personal_deviation"] = (week.mean() - usual) / (1.4826 * spread)


def rhythm(look, by_date, seen, hours, out):
    out["data_yield_30day"] = (by_date > 0).mean() if len(by_date) else None
    out["longest_gap_days"] = longest(by_date == 0)
    recent = look.seen[look.within(look.seen, 14)] if len(look.seen) else np.array([])
    out["interdaily_stability"] = out["intradaily_variability"] = None
    if len(recent):
        slots = np.bincount(335 - ((look.now - recent) // 3_600).astype(int), minlength=336)
        squares = ((slots - slots.mean()) ** 2).sum()
        if squares > 0:
            hourly = slots.reshape(14, 24).mean(axis=0)
            between = ((hourly - slots.mean()) ** 2).sum()
            out["interdaily_stability"] = 336 * between / (24 * squares)
            out["intradaily_variability"] = 336 * (np.diff(slots) ** 2).sum() / (335 * squares)
    out["hour_entropy"] = None
    if len(hours):
        shares = np.bincount(hours, minlength=24) / len(hours)
        shares = shares[shares > 0]
        out["hour_entropy"] = -(shares * np.log(shares)).sum() / np.log(24)
    out["night_gap_hours"] = night_gap(look, seen)
    last = look.seen[-1] if len(look.seen) else None
    out["days_since_last_interaction"] = None if last is None else (look.now - last) / DAY


def night_gap(look, seen):
    found, zone = [], look.history.zone
    for day in range(look.today - 31, look.today):
        begin = datetime.fromordinal(day).replace(hour=20, tzinfo=zone).timestamp()
        end = datetime.fromordinal(day + 1).replace(hour=10, tzinfo=zone).timestamp()
        if begin <= look.now - 30 * DAY or end > look.now:
            continue
        inside = seen[(seen >= begin) & (seen <= end)]
        if len(inside):
            marks = [begin, *inside, end]
            found.append(max(b - a for a, b in pairwise(marks)) / 3_600)
    return np.median(found) if found else None


def extract(items, as_of):
    """All features of a user by name; none is missing but by `None`."""
    history = History(items, as_of)
    look, out = Look(history), {}
    days, means = mood(look, out)
    by_date, seen, hours = behaviour(look, out)
    sentiment(look, out)
    dynamics(look, days, means, by_date, seen, hours, out)
    return history, {name: None if value is None else float(value) for name, value in out.items()}


def as_of_of(text):
    return datetime.fromisoformat(text).astimezone(timezone.utc).timestamp()
