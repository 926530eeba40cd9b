"""An installation of the program on one machine, for scripts that drive it as a person would."""

import json
import sqlite3
import subprocess
from pathlib import Path


class Installation:
    """`release` is the folder with `mindmate` and `train` in it, `folder` an empty one for its data."""

    def __init__(self, release, folder):
        self.release, self.data = Path(release), Path(folder) / "data"

    def says(self, *command, exits=(0,)):
        """The exit code, and the JSON that it answers."""
        whole = [self.release / "mindmate", "--data", self.data, "--format", "json", *map(str, command)]
        ended = subprocess.run(whole, capture_output=True, text=True)
        if ended.returncode not in exits:
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {ended.returncode}: {ended.stderr[-800:]}")
        return ended.returncode, json.loads(ended.stdout) if ended.stdout.strip() else None

    def train(self):
        """Trains a model on the set that it has prepared."""
        folders = ["--data", self.data / "training", "--out", self.data / "trained"]
        ended = subprocess.run([self.release / "train", *folders], capture_output=True, text=True)
        if ended.returncode:
            raise RuntimeError(f"train ended with {ended.returncode}: {ended.stderr[-800:]}")

    def keep_key(self, key):
        """Who is on which side of a split follows from the installation's key: a drawn one would be another trial each time.

        Only an installation that holds people, and has no key yet.
        """
        database = sqlite3.connect(self.data / "mindmate.db")
        with database:
            database.execute("INSERT INTO settings (name, value) VALUES ('pseudonymKey', ?)", [key])
        database.close()


def release_of(target):
    """The folder of the programs, where they are built."""
    release = Path(target).resolve() / "release"
    for program in ["mindmate", "train"]:
        if not (release / program).exists():
            raise SystemExit(f"expected {release / program}: the README's section on models says how both are built")
    return release
