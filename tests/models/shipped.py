"""Makes the model that ships with the program anew, from invented people alone.

    python3 tests/models/shipped.py TARGET            holds it against cli/data/shipped-model.json, to the last byte
    python3 tests/models/shipped.py TARGET --write    writes it there

TARGET is cargo's target directory, with `mindmate` and `train` built in it for release. The same program makes the same bytes:
the cohort, its end, the key of pseudonyms and the trainer's seed are fixed. It takes a few minutes.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from installation import Installation, release_of

SHIPPED = Path(__file__).resolve().parents[2] / "cli" / "data" / "shipped-model.json"
COHORT = ["--users", 5000, "--days", 240, "--seed", 7]
END = "2026-06-01T06:00:00Z"
# No secret: nobody whom it is about exists.
KEY = bytes(32)


def make(release, folder):
    here = Installation(release, folder)
    here.says("cohort", *COHORT, "--end", END)
    here.keep_key(KEY)
    here.says("training-data", "--until", END)
    here.train()
    return (here.data / "trained" / "model.json").read_bytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("--write", action="store_true", help="write it instead of holding it against what is there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = make(release_of(args.target), folder)
    if args.write:
        SHIPPED.write_bytes(made)
        print(f"{len(made):,} bytes are in {SHIPPED}")
        return 0
    if made != SHIPPED.read_bytes():
        print(f"{SHIPPED} is not what this program makes: --write it, and look at what changed")
        return 1
    print(f"{SHIPPED} is what this program makes, to the last of {len(made):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
