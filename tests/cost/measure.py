"""Measures what a user costs in bytes, for the model of `mindmate cost`, and writes it as TOML.

    cargo build --release && python3 tests/cost/measure.py target/release/mindmate --users 2000

It fills a directory of its own with a synthetic cohort, makes a daily run over it, and looks into the file while
and after that: how large items are by DynamoDB's rules, how large messages are, what is logged. What it prints
belongs into cli/data/figures.toml, beside its command. Python 3.10 and its library are enough.
"""

import argparse
import collections
import json
import math
import os
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

KIB = 1024
READ_UNIT, WRITE_UNIT = 4 * KIB, KIB
HISTORY_DAYS = 35
# A query that finds nothing is paid for as one that finds a little.
EVENT_KINDS = ("ACTIVITY", "CHAT", "MOOD", "SELFIE", "SENTIMENT", "SESSION")


def of_number(text):
    """A byte for each two significant digits, and one."""
    digits = re.sub(r"[eE].*$", "", text).lstrip("-").replace(".", "").strip("0")
    return math.ceil(len(digits) / 2) + 1 + text.startswith("-")


def of_json(value):
    """The size of what serde_dynamo makes of a value, by "DynamoDB item sizes and formats"."""
    if isinstance(value, dict):
        return 3 + sum(len(name.encode()) + of_json(one) + 1 for name, one in value.items())
    if isinstance(value, list):
        return 3 + sum(of_json(one) + 1 for one in value)
    if isinstance(value, str):
        return len(value.encode())
    if value is None or isinstance(value, bool):
        return 1
    return of_number(repr(value))


def of_attribute(attribute):
    """The size of an attribute in DynamoDB's own JSON."""
    [(kind, value)] = attribute.items()
    if kind == "S":
        return len(value.encode())
    if kind == "N":
        return of_number(value)
    if kind == "M":
        return 3 + sum(len(name.encode()) + of_attribute(one) + 1 for name, one in value.items())
    if kind == "L":
        return 3 + sum(of_attribute(one) + 1 for one in value)
    if kind in ("SS", "NS"):
        return sum(len(one.encode()) if kind == "SS" else of_number(one) for one in value)
    return 1


def of_app_item(user, sk, item):
    keys = len("PK") + len("USER#") + len(user) + len("SK") + len(sk)
    return keys + sum(len(name.encode()) + of_attribute(one) for name, one in json.loads(item).items())


def units(size, unit):
    return max(1, math.ceil(size / unit))


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else 0.0


class Sampler(threading.Thread):
    """Looks at the queues while the run works: a message that is done is gone."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self.database, self.sizes, self.over = database, {}, threading.Event()

    def run(self):
        read = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)
        query = "SELECT id, queue, length(CAST(body AS BLOB)) FROM message_bodies JOIN messages USING (id)"
        while not self.over.wait(0.005):
            for identity, queue, size in read.execute(query):
                self.sizes[identity] = (queue, size)
        read.close()


def run(program, data, *arguments):
    return subprocess.run(
        [program, "--data", data, *arguments], check=True, capture_output=True, text=True
    )


def history_units(file, users):
    """Read units and bytes of loading a history: a query for each kind, and for its odd keys."""
    latest = file.execute("SELECT max(sk) FROM app_items WHERE sk LIKE 'MOOD#%'").fetchone()[0]
    since = file.execute(
        "SELECT date(?, ?)", (latest.split("#")[1][:10], f"-{HISTORY_DAYS} days")
    ).fetchone()[0]
    sizes = collections.defaultdict(int)
    for uid, sk, item in file.execute("SELECT uid, sk, item FROM app_items"):
        day = re.search(r"\d{4}-\d\d-\d\d", sk)
        if day and day.group() >= since:
            sizes[uid, sk.split("#")[0]] += of_app_item(users[uid], sk, item)
    reads, total = [], []
    for uid in users:
        own = [sizes.get((uid, kind), 0) for kind in EVENT_KINDS]
        reads.append(sum(units(size, READ_UNIT) for size in own))
        total.append(sum(own))
    return mean(reads), mean(total)


def texts(file):
    """Characters of a person's texts, and how many hundreds of them Comprehend would count."""
    lengths = []
    for sk, item in file.execute("SELECT sk, item FROM app_items WHERE sk LIKE 'CHAT#%' OR sk LIKE 'MOOD#%'"):
        attributes = json.loads(item)
        for name in ("userMessage", "notes"):
            words = attributes.get(name, {}).get("S", "").strip()
            if words:
                lengths.append(len(words))
    return mean(lengths), mean(max(3, math.ceil(one / 100)) for one in lengths)


def figures(program, count, data):
    run(program, data, "cohort", "--users", str(count), "--days", "60")
    database = Path(data) / "mindmate.db"
    sampler = Sampler(database)
    sampler.start()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run(program, data, "--log", "info", "--log-json", "--format", "json", "daily", "--no-cohort")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    sampler.over.set()
    sampler.join()
    summary = json.loads(done.stdout)
    logged = sum(len(line) + 1 for line in done.stderr.splitlines() if line.startswith("{"))
    file = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    users = dict(file.execute("SELECT uid, user FROM users"))
    requests = summary["ledger"]["enqueued"]
    yield "active-share", requests / count
    yield "cpu-ms-a-request", 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) / requests
    yield "log-bytes-a-request", logged / requests
    assessments = [of_json(json.loads(body)) for [body] in file.execute("SELECT body FROM assessments")]
    yield "assessment-bytes", mean(assessments)
    yield "assessment-write-units", mean(units(size, WRITE_UNIT) for size in assessments)
    decided = [of_json(json.loads(body)) for [body] in file.execute("SELECT body FROM interventions")]
    yield "intervention-bytes", mean(decided)
    yield "intervention-write-units", mean(units(size, WRITE_UNIT) for size in decided)
    yield "interventions-a-request", len(decided) / requests
    yield "reviews-a-request", file.execute("SELECT count(*) FROM reviews").fetchone()[0] / requests
    outcomes = [size for [size] in file.execute(
        "SELECT length(CAST(body AS BLOB)) FROM stream_records WHERE stream = 'outcomes'")]
    yield "outcomes-a-request", len(outcomes) / requests
    yield "outcome-bytes", mean(outcomes)
    queues = collections.defaultdict(list)
    for queue, size in sampler.sizes.values():
        queues[queue].append(size)
    for queue in ("assessments", "scoring", "interventions"):
        sizes = queues[queue] + queues[f"{queue}-priority"]
        print(f"# {len(sizes)} messages of {queue} were seen", file=sys.stderr)
        yield f"{queue}-message-bytes", mean(sizes)
    reads, size = history_units(file, users)
    yield "history-read-units", reads
    yield "history-bytes", size
    items = [of_app_item(users[uid], sk, item) for uid, sk, item in file.execute(
        "SELECT uid, sk, item FROM app_items WHERE sk LIKE 'SENTIMENT#%' LIMIT 20000")]
    yield "sentiment-bytes", mean(items)
    characters, comprehend = texts(file)
    yield "text-characters", characters
    yield "comprehend-units-a-text", comprehend


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--users", type=int, default=2000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        for name, value in figures(os.path.abspath(arguments.program), arguments.users, data):
            print(f"{name} = {value:.4g}", flush=True)


if __name__ == "__main__":
    main()
