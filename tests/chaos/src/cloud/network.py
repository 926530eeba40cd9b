"""microburst, a bad network before a local AWS, with its chance from a seed.

It ends when its standard input does: no process is left behind by a test that is killed.

    network.py PORT UPSTREAM SEED CONFIG
"""

import os
import random
import sys
import threading


def end_with_stdin():
    os.read(0, 1)
    os._exit(0)


threading.Thread(target=end_with_stdin, daemon=True).start()
port, upstream, seed, config = sys.argv[1:]
random.seed(int(seed))

from microburst.cli import main  # noqa: E402

sys.argv = ["microburst", "--host", "127.0.0.1", "--port", port, "--upstream", upstream, "--config", config]
sys.exit(main())
