"""A model's life, by the program itself: trained, promoted, watched for sixty days, and replaced where people change.

    python tests/models/life.py TARGET [--people N] [--seeds N] [--first N] [--at-once N] [--work DIR] [--out FILE.json]

TARGET is cargo's target directory, with `mindmate` and `train` built in it for release. For each seed there are two worlds of people
who log their mood each day. In both their mood falls for two weeks before most of their lows, and a model learns that from the first 200 days.
In one nothing changes. In the other, after thirty of the sixty days, nobody's mood falls any more: it swings for two weeks instead, and the model
cannot know. Each day `mindmate daily` runs, and `mindmate models monitor` after it. Where it asks for a new model, `mindmate retrain` is called
each fortnight until its model serves: until enough weeks of the new kind lie before the cut between training and validation, it is refused.

It prints how often the watch was wrong, and exits with 1 where it was, or where no new model came to serve.
"""

import argparse
import collections
import concurrent.futures
import datetime
import json
import random
import statistics
import sys
import tempfile
from pathlib import Path

from installation import Installation, release_of

TRAINED_AT, CHANGED_AT, WATCHED_UNTIL, GIVEN_UP_AT = 200, 230, 260, 420
BEGIN = datetime.datetime(2025, 1, 1, 6, tzinfo=datetime.timezone.utc)

# Days from one low to the next; when in them something announces it, and when it is there.
CYCLE, ANNOUNCED, LOW = 56, range(30, 44), range(44, 48)
# The share of what is announced that ends well, so that nobody can tell for sure; swings tell less than falls did.
ENDS_WELL, ENDS_WELL_AFTER = 0.4, 0.6

FORTNIGHT = 14

# Of the watch: as many as in the simulated worlds of its own tests. A tenth of the time, and intervals that are a little less sharp.
RESAMPLES = 100

ASKS_FOR_A_MODEL, REFUSED = 10, 9


def at(day, hours=0.0):
    return (BEGIN + datetime.timedelta(days=day, hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def mood_of(place, low, day, changes, chance):
    noise = chance.uniform(0, 1)
    if place in LOW and low:
        return 1.2 + noise / 2
    if place in ANNOUNCED and changes and day >= CHANGED_AT:
        return 6.5 + (2.5 if place % 2 else -2.5) + noise
    if place in ANNOUNCED:
        return 6.5 - 0.33 * (place - ANNOUNCED.start) + noise / 2
    return 6.5 + noise


def export(path, seed, changes, people):
    """What people logged, as an export of the app's table. Until the change both worlds are the same."""
    consents = {name: {"BOOL": True} for name in ["scoring", "textAnalysis", "training", "outreach"]}
    with open(path, "w") as file:
        put = lambda item: file.write(json.dumps({"Item": item}) + "\n")
        for person in range(people):
            chance = random.Random(f"{seed} {person}")
            key = {"PK": {"S": f"USER#canary-{person:04}"}}
            put({**key, "SK": {"S": "PROFILE"}, "type": {"S": "PROFILE"}, "consents": {"M": consents}})
            first, hour, lows = chance.randrange(CYCLE), chance.uniform(0.5, 18), {}
            for day in range(GIVEN_UP_AT if changes else WATCHED_UNTIL + 8):
                cycle, place = divmod(day + first, CYCLE)
                ends_well = ENDS_WELL_AFTER if changes and day >= CHANGED_AT else ENDS_WELL
                low = lows.setdefault(cycle, chance.random() >= ends_well)
                when = at(day, hour + chance.uniform(0, 1))
                mood = f"{mood_of(place, low, day, changes, chance):.1f}"
                put({**key, "SK": {"S": f"MOOD#{when}"}, "type": {"S": "MOOD"}, "timestamp": {"S": when}, "mood": {"N": mood}})


class Life:
    def __init__(self, args, seed, changes):
        self.release, self.work, self.people = args.release, args.work, args.people
        self.seed, self.changes = seed, changes

    def retrain(self, day):
        code, said = self.here.says("retrain", "--until", at(day), exits=(0, REFUSED))
        gates = [gate["name"] for gate in said["verdict"]["gates"] if not gate["passed"]]
        return code == 0, gates

    def watch(self):
        """The day on which a new model is asked for, if one is, and the verdicts of all days until then."""
        verdicts = []
        for day in range(TRAINED_AT, WATCHED_UNTIL + 1):
            _, run = self.here.says("daily", "--as-of", at(day), "--no-cohort")
            assert run["closed"] and run["methods"] == {"model": self.people}, run
            code, found = self.here.says("models", "monitor", "--as-of", at(day), "--resamples", RESAMPLES, exits=(0, ASKS_FOR_A_MODEL))
            verdicts.append(found["report"]["verdict"]["is"])
            if code == ASKS_FOR_A_MODEL:
                return day, verdicts
        return None, verdicts

    def replace(self, alarm):
        """The day on which a new model comes to serve, if one does, and what stood in the way until then."""
        refusals = collections.Counter()
        for day in range(alarm, GIVEN_UP_AT, FORTNIGHT):
            promoted, gates = self.retrain(day)
            if promoted:
                return day, dict(refusals)
            refusals.update(gates)
        return None, dict(refusals)

    def live(self):
        with tempfile.TemporaryDirectory(prefix="life-", dir=self.work) as folder:
            self.here = Installation(self.release, folder)
            return self.lived(Path(folder) / "export.json")

    def lived(self, file):
        export(file, self.seed, self.changes, self.people)
        self.here.says("import", file)
        self.here.keep_key(random.Random(self.seed).randbytes(32))
        first, gates = self.retrain(TRAINED_AT)
        if not first:
            self.here.says("models", "promote", self.here.data / "trained" / "model.json", "--force", "the first of its world")
        alarm, verdicts = self.watch()
        found = {"seed": self.seed, "changes": self.changes, "firstForced": gates, "alarm": alarm, "verdicts": collections.Counter(verdicts)}
        if alarm is not None and alarm >= CHANGED_AT and self.changes:
            found["replaced"], found["refusals"] = self.replace(alarm)
        print(json.dumps(found), file=sys.stderr, flush=True)
        return found


def days(numbers):
    return f"{min(numbers)} to {max(numbers)}, median {statistics.median(numbers):.0f}" if numbers else "none"


def told(lives):
    stays, changes = ([life for life in lives if life["changes"] is which] for which in [False, True])
    early = [life for life in changes if life["alarm"] is not None and life["alarm"] < CHANGED_AT]
    false_alarms = [life for life in stays if life["alarm"] is not None]
    seen = [life for life in changes if (life["alarm"] or 0) >= CHANGED_AT]
    missed = [life for life in changes if life["alarm"] is None]
    replaced = [life for life in seen if life["replaced"] is not None]
    print(f"{len(stays)} worlds that stay, {WATCHED_UNTIL - TRAINED_AT} days: {len(false_alarms)} false alarms")
    print(f"{len(changes)} worlds that change after {CHANGED_AT - TRAINED_AT} days: {len(early)} false alarms before, {len(missed)} missed")
    print(f"  days from the change to the alarm      {days([life['alarm'] - CHANGED_AT for life in seen])}")
    print(f"  days from the change to a new model    {days([life['replaced'] - CHANGED_AT for life in replaced])}, {len(replaced)} of {len(seen)}")
    return not (false_alarms or early or missed) and len(replaced) == len(seen)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("--people", type=int, default=480, help="in each world: of 240 there are too few crises to judge a slope by (default 480)")
    parser.add_argument("--seeds", type=int, default=20, help="how many of each world (default 20)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default 1)")
    parser.add_argument("--at-once", type=int, default=1, help="how many lives run beside each other (default 1)")
    parser.add_argument("--work", type=Path, help="where their data lie meanwhile")
    parser.add_argument("--out", type=Path, help="what was found of each, as JSON")
    args = parser.parse_args()
    args.release = release_of(args.target)
    seeds = range(args.first, args.first + args.seeds)
    lives = [Life(args, seed, changes) for seed in seeds for changes in [False, True]]
    with concurrent.futures.ThreadPoolExecutor(args.at_once) as pool:
        found = list(pool.map(Life.live, lives))
    if args.out:
        args.out.write_text(json.dumps(found, indent=1) + "\n")
    return 0 if told(found) else 1


if __name__ == "__main__":
    sys.exit(main())
