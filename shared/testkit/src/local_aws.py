"""ministack, an AWS on this machine, with an end and, if asked, a clock that a test moves.

It ends when its standard input does: no process is left behind by a test that is killed.
With CLOCK_FILE, `time.time()` is what stands there: a double, in seconds. A receive that waits has
waited at once: a test that moves the clock does not sleep.
"""

import asyncio
import contextvars
import mmap
import os
import struct
import sys
import threading
import time
import types


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


class Clock:
    """The time in a file. A request that waits has waited in its own eyes alone."""

    def __init__(self, path):
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 8)
        self.waited = contextvars.ContextVar("waited", default=0.0)

    def now(self):
        (shown,) = struct.unpack("=d", self.memory[:8])
        return shown + self.waited.get()

    async def sleep(self, seconds):
        await asyncio.sleep(0.001)
        self.waited.set(self.waited.get() + seconds)


def show(clock):
    time.time = clock.now
    from ministack.services import sqs

    sqs.asyncio = types.SimpleNamespace(**{**vars(asyncio), "sleep": clock.sleep})


threading.Thread(target=end_with_stdin, daemon=True).start()
if "CLOCK_FILE" in os.environ:
    show(Clock(os.environ["CLOCK_FILE"]))

from ministack.app import main  # noqa: E402

sys.argv = ["ministack"]
main()
