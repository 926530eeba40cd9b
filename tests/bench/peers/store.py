"""What the peer reads histories from: an SQLite file, filled from the same export as ours."""

import gzip
import json
import sqlite3
import zlib
from datetime import datetime

ACTIVE = ("MOOD", "CHAT", "SELFIE", "SESSION", "ACTIVITY")


def connect(path):
    connection = sqlite3.connect(path, timeout=30)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def fill(path, export):
    """Items by user and key, and who was last active when."""
    db = connect(path)
    db.executescript("""
        CREATE TABLE items (user TEXT, sk TEXT, item TEXT, PRIMARY KEY (user, sk)) WITHOUT ROWID;
        CREATE TABLE active (user TEXT PRIMARY KEY, shard INTEGER, at REAL) WITHOUT ROWID;
    """)
    last = {}
    with gzip.open(export, "rt") as lines:
        def rows():
            for line in lines:
                item = json.loads(line)["Item"]
                user, sk = item.pop("PK")["S"].removeprefix("USER#"), item.pop("SK")["S"]
                kind = item.get("type", {}).get("S")
                by_agent = item.get("sender", {}).get("S") == "agent"
                if kind in ACTIVE and not by_agent:
                    at = datetime.fromisoformat(item["timestamp"]["S"]).timestamp()
                    last[user] = max(at, last.get(user, 0))
                yield user, sk, json.dumps(item, separators=(",", ":"))
        db.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", rows())
    db.executemany("INSERT INTO active VALUES (?, ?, ?)",
                   ((user, zlib.crc32(user.encode()) % 16, at) for user, at in last.items()))
    db.commit()
    db.close()


def items_of(db, user, from_date):
    """The profile, and what was written from a date on. Keys are `KIND#instant`."""
    found = []
    for prefix in ("MOOD#", "CHAT#", "SELFIE#", "SESSION#", "ACTIVITY#"):
        found += db.execute("SELECT sk, item FROM items WHERE user = ? AND sk BETWEEN ? AND ?",
                            (user, prefix + from_date, prefix + "~")).fetchall()
    for prefix in ("SENTIMENT#MOOD#", "SENTIMENT#CHAT#"):
        found += db.execute("SELECT sk, item FROM items WHERE user = ? AND sk BETWEEN ? AND ?",
                            (user, prefix + from_date, prefix + "~")).fetchall()
    found += db.execute("SELECT sk, item FROM items WHERE user = ? AND sk = 'PROFILE'",
                        (user,)).fetchall()
    return [(sk, json.loads(item)) for sk, item in found]


def active_users(db, shard, after, since, until, limit):
    return [user for (user,) in db.execute(
        "SELECT user FROM active WHERE shard = ? AND user > ? AND at > ? AND at <= ?"
        " ORDER BY user LIMIT ?", (shard, after, since, until, limit))]
