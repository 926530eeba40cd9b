"""ministack, an AWS on this machine, with what a test asks of it besides.

It ends when its standard input does: no process is left behind by a test that is killed. A line there asks for
an end in order: then, and only then, what it holds is kept in STATE_DIR and S3_DATA_DIR, where the next one finds it.

CLOCK_FILE holds a double, in seconds. With CLOCK=hand, `time.time()` is what stands there, and a receive
that waits has waited at once: a test that moves the clock does not sleep. With CLOCK=schedules it is
added to the real time that schedules go by; all else keeps the real one, as the functions do.

GET /_calls answers how often each operation was called, as JSON; but for calls with the access key
`onlooker`, by which a test looks on.
"""

import asyncio
import collections
import contextvars
import json
import mmap
import os
import signal
import struct
import sys
import threading
import time
import types
import urllib.parse


def end_with_stdin():
    # Not by `sys.stdin`: an end in order wants its lock, which a thread that reads would hold.
    if os.read(0, 1):
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        os._exit(0)


def shown_in(path):
    with open(path, "r+b") as file:
        memory = mmap.mmap(file.fileno(), 8)
    return lambda: struct.unpack("=d", memory[:8])[0]


def move_by_hand(shown):
    from ministack.services import sqs

    # A request that waits has waited in its own eyes alone.
    waited = contextvars.ContextVar("waited", default=0.0)

    async def sleep(seconds):
        await asyncio.sleep(0.001)
        waited.set(waited.get() + seconds)

    time.time = lambda: shown() + waited.get()
    sqs.asyncio = types.SimpleNamespace(**{**vars(asyncio), "sleep": sleep})


def shift_schedules(shown):
    from ministack.services import eventbridge

    eventbridge._now_ts = lambda: time.time() + shown()
    eventbridge._SCHEDULER_TICK_INTERVAL = 1  # seconds between looks; ten are long for a test


def operation(scope):
    headers = dict(scope["headers"])
    if target := headers.get(b"x-amz-target"):
        return target.decode()
    service = headers.get(b"authorization", b"").decode().partition("/aws4_request")[0]
    query = urllib.parse.parse_qs(scope["query_string"].decode())
    action = query.get("Action", [scope["method"]])[0]
    return f"{service.rpartition('/')[2]}.{action}"


def counted(app):
    calls = collections.Counter()

    async def answer(send):
        head = {"type": "http.response.start", "status": 200, "headers": []}
        await send(head)
        await send({"type": "http.response.body", "body": json.dumps(calls).encode()})

    async def wrapped(scope, receive, send):
        if scope["type"] == "http":
            if scope["path"] == "/_calls":
                return await answer(send)
            if b"Credential=onlooker/" not in dict(scope["headers"]).get(b"authorization", b""):
                calls[operation(scope)] += 1
        return await app(scope, receive, send)

    return wrapped


threading.Thread(target=end_with_stdin, daemon=True).start()
if "CLOCK_FILE" in os.environ:
    move = {"hand": move_by_hand, "schedules": shift_schedules}[os.environ["CLOCK"]]
    move(shown_in(os.environ["CLOCK_FILE"]))

from ministack import app as module  # noqa: E402

module.app = counted(module.app)
sys.argv = ["ministack"]
module.main()
