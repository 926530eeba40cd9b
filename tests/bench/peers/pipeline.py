"""The same hops as four Celery tasks over Redis: fan-out, extraction, scoring, intervention.

Written as a team would that wants no loss: late acknowledgement, rejection when a worker is lost,
prefetch of one, JSON, no result backend. What an assessment comes to is written to Redis under its
key unless it stands there; outcomes go to a Redis stream, as ours go to Kinesis.
"""

import math
import os
import time
import tomllib
from pathlib import Path

import redis
from celery import Celery

import features
import store

ROOT = Path(__file__).resolve().parents[3]
PAGE, DAY = 250, 86_400
URL = os.environ.get("PEER_REDIS", "redis://127.0.0.1:6399/0")

app = Celery("peers", broker=URL)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_acks_on_failure_or_timeout=False,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_serializer="json",
    # After this long Redis gives a task again that a dead worker held. An hour unless it is said.
    broker_transport_options={"visibility_timeout": int(os.environ.get("PEER_VISIBILITY", "3600"))},
    task_routes={f"peers.{name}": {"queue": name}
                 for name in ("fan_out", "extract", "score", "intervene")},
)
RULES = tomllib.loads((ROOT / "shared/model/data/rules-1.toml").read_text())
POLICY = tomllib.loads((ROOT / "shared/domain/data/policy-1.toml").read_text())
_open = {}


def backends():
    """The file and the connection of this process: opened after the fork."""
    if not _open:
        _open["db"] = store.connect(os.environ["PEER_DATA"])
        _open["redis"] = redis.Redis.from_url(URL)
    return _open["db"], _open["redis"]


def outcome(conn, user, kind):
    conn.xadd("outcomes", {"user": user, "kind": kind, "at": repr(time.time())})


@app.task(name="peers.fan_out")
def fan_out(shard, as_of, after=""):
    db, _ = backends()
    users = store.active_users(db, shard, after, as_of - 7 * DAY, as_of, PAGE)
    for user in users:
        extract.delay(user, as_of)
    if len(users) == PAGE:
        fan_out.delay(shard, as_of, users[-1])


@app.task(name="peers.extract")
def extract(user, as_of):
    db, conn = backends()
    from_date = time.strftime("%Y-%m-%d", time.gmtime(as_of - 36 * DAY))
    history, vector = features.extract(store.items_of(db, user, from_date), as_of)
    if not history.consents.get("scoring"):
        outcome(conn, user, "skipped")
        return
    score.delay(user, as_of, vector, bool(history.consents.get("outreach")))


def risk(vector):
    z = RULES["intercept"]
    for rule in RULES["rule"]:
        value = vector.get(rule["feature"])
        if value is not None:
            x = (value - rule["from"]) / (rule["to"] - rule["from"])
            z += rule["weight"] * min(max(x, 0.0), 1.0)
    return 1 / (1 + math.exp(-z))


def level_of(score, recency_days):
    found = "minimal"
    for name in ("low", "moderate", "high", "critical"):
        if score >= POLICY["levels"][name]:
            found = name
    # Crisis language of the last three days sets a floor.
    in_crisis = recency_days is not None and recency_days * 24 <= POLICY["floor"]["lookback_hours"]
    return "high" if in_crisis and found not in ("high", "critical") else found


@app.task(name="peers.score")
def score(user, as_of, vector, outreach):
    _, conn = backends()
    value = risk(vector)
    level = level_of(value, vector.get("crisis_language_recency_days"))
    assessment = {"score": value, "level": level, **{k: v for k, v in vector.items() if v is not None}}
    conn.hset(f"assessment:{user}:{as_of:.0f}", mapping=assessment)
    asks = level != "minimal"
    if asks:
        intervene.delay(user, as_of, level, outreach)
    outcome(conn, user, "asked" if asks else "assessed")


@app.task(name="peers.intervene")
def intervene(user, as_of, level, outreach):
    _, conn = backends()
    if not outreach:
        outcome(conn, user, "withheld")
        return
    hours = POLICY["cooldown"][f"{level}_hours"]
    if not conn.set(f"guard:{user}", level, nx=True, ex=hours * 3_600):
        # Reached already: or the worker before died between here and the message.
        outcome(conn, user, "withheld")
        return
    conn.rpush(f"chat:{user}", f"a kind message for level {level}")
    outcome(conn, user, "delivered")
