"""Our trained model beside LightGBM's C API and scikit-learn, by turns. `tests/bench/models/run` calls it.

Ours and LightGBM's have the same trees, 200 + 200 of at most 31 leaves and a depth of at most 10, and it is seen to first
that both say the same of every row. scikit-learn grows its own from the same rows, with the same limits. All work is done by one
thread; what is counted is the processor's time, so that what else the machine does weighs less. Of LightGBM and scikit-learn
whole batches are scored by one call, and single rows by one call each, as a service does that scores whoever comes.
"""

import argparse
import csv
import ctypes
import json
import os
import pickle
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import lightgbm
import numpy
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, VotingClassifier

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models"))
import agree  # noqa: E402

SINGLE_ROWS = 2_000
# Of whom contributions are worked out: that takes far longer.
EXPLAINED_ROWS = 2_000
LOADS = 20
# How many more times we do everything than once: what starting costs falls out of the difference.
OURS_AGAIN = {"margins": 20, "all": 4, "load": 100}
FOLDS = 3


def cpu(work):
    before = time.process_time()
    work()
    return time.process_time() - before


# Ours ---------------------------------------------------------------------------------------------

class Ours:
    name = "ours"

    def __init__(self, program, members, rows):
        self.program, self.members, self.rows = program, members, rows

    def per(self, what, rows):
        again = OURS_AGAIN[what]
        once, often = (agree.ours(self.program, self.members, rows, repeats, what)[1] for repeats in [1, 1 + again])
        return (often - once) / (again * len(rows))

    def measure(self):
        of_rows = self.per("margins", self.rows)
        return {
            "score, in a batch": of_rows,
            # A row at a time is how it is done in a batch too.
            "score, one row a call": of_rows,
            "contributions, in a batch": self.per("all", self.rows[:EXPLAINED_ROWS]),
            "loading": self.per("load", self.rows[:1]),
        }


# LightGBM -----------------------------------------------------------------------------------------

class Lightgbm:
    name = f"LightGBM {lightgbm.__version__}, C API"

    def __init__(self, boosters, rows):
        self.boosters, self.rows = list(boosters), numpy.ascontiguousarray(rows)
        self.texts = [booster.model_to_string() for booster in self.boosters]

    def batch(self, rows, **how):
        for booster in self.boosters:
            booster.predict(rows, num_threads=1, **how)

    def single(self):
        """`LGBM_BoosterPredictForMatSingleRowFast`, called from Python, whose own call is part of it."""
        library, out, length = lightgbm.basic._LIB, ctypes.c_double(), ctypes.c_int64()
        fast = []
        for booster in self.boosters:
            handle = ctypes.c_void_p()
            raw, first, all_trees, doubles = 1, 0, -1, 1
            failed = library.LGBM_BoosterPredictForMatSingleRowFastInit(
                booster._handle, raw, first, all_trees, doubles, self.rows.shape[1], b"num_threads=1", ctypes.byref(handle)
            )
            assert failed == 0
            fast.append(handle)
        width = self.rows.shape[1] * 8
        places = [ctypes.c_void_p(self.rows.ctypes.data + width * row) for row in range(SINGLE_ROWS)]
        call, length_at, out_at = library.LGBM_BoosterPredictForMatSingleRowFast, ctypes.byref(length), ctypes.byref(out)

        def work():
            for place in places:
                for handle in fast:
                    call(handle, place, length_at, out_at)

        took = cpu(work)
        for handle in fast:
            library.LGBM_FastConfigFree(handle)
        return took / SINGLE_ROWS

    def load(self):
        for text in self.texts:
            lightgbm.Booster(model_str=text)

    def measure(self):
        return {
            "score, in a batch": cpu(lambda: self.batch(self.rows, raw_score=True)) / len(self.rows),
            "score, one row a call": self.single(),
            "contributions, in a batch": cpu(lambda: self.batch(self.rows[:EXPLAINED_ROWS], pred_contrib=True)) / EXPLAINED_ROWS,
            "loading": cpu(lambda: [self.load() for _ in range(LOADS)]) / LOADS,
        }


# scikit-learn -------------------------------------------------------------------------------------

def forest(jobs):
    return RandomForestClassifier(
        agree.TREES, max_depth=10, max_leaf_nodes=31, class_weight="balanced", random_state=7, n_jobs=jobs
    )


def boosting():
    return HistGradientBoostingClassifier(
        max_iter=agree.TREES, max_depth=10, max_leaf_nodes=31, learning_rate=0.05, early_stopping=False,
        class_weight="balanced", random_state=7,
    )


class Sklearn:
    name = f"scikit-learn {sklearn.__version__}"

    def __init__(self, values, labels, rows):
        self.members, self.rows = [forest(1).fit(values, labels), boosting().fit(values, labels)], rows
        self.kept = pickle.dumps(self.members)

    def batch(self, rows):
        for member in self.members:
            member.predict_proba(rows)

    def measure(self):
        single = [self.rows[row : row + 1] for row in range(SINGLE_ROWS // 20)]
        return {
            "score, in a batch": cpu(lambda: self.batch(self.rows)) / len(self.rows),
            "score, one row a call": cpu(lambda: [self.batch(row) for row in single]) / len(single),
            "loading": cpu(lambda: [pickle.loads(self.kept) for _ in range(LOADS)]) / LOADS,
        }


# Training -----------------------------------------------------------------------------------------

def read_rows(path):
    """What `train` learns from: every input of a row, and its label."""
    with open(path, newline="") as file:
        lines = csv.reader(file)
        header = next(lines)
        label = header.index("label")
        first = label + 1
        rows = [line for line in lines]
    number = lambda text: float(text) if text else numpy.nan
    features = [place for place in range(first, len(header)) if not header[place].startswith("group_")]
    values = numpy.array([[number(line[place]) for place in features] for line in rows])
    return values, numpy.array([int(line[label]) for line in rows])


def process(command):
    """Seconds, seconds of the processor, and the most memory of a process."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"error: {command[0]} ended with status {status}: {said.decode()[-500:]}")
    return [time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]


def train_sklearn(path):
    """The same kinds of members, calibrated by Platt on as many folds: what a Python team would take."""
    values, labels = read_rows(path)
    jobs = os.cpu_count()
    members = VotingClassifier([("forest", forest(jobs)), ("boosting", boosting())], voting="soft")
    CalibratedClassifierCV(members, method="sigmoid", cv=FOLDS, ensemble=False).fit(values, labels)


def train_lightgbm(path):
    """The members on all rows and on each of the folds; nothing is calibrated, compared or judged."""
    values, labels = read_rows(path)
    fold_of = numpy.arange(len(labels)) % FOLDS
    for fold in range(-1, FOLDS):
        seen = fold_of != fold
        for name in agree.MEMBERS:
            how = {**agree.COMMON, **agree.MEMBERS[name], "num_threads": os.cpu_count()}
            lightgbm.train(how, lightgbm.Dataset(values[seen], labels[seen]), num_boost_round=agree.TREES)


def train(args):
    folder = Path(args.target) / "models" / f"set-{args.train}"
    if not folder.exists():
        subprocess.run([args.target / "release/examples/invented_set", str(args.train), folder], check=True)
    rows = next(folder.glob("**/train/*.csv"))
    out = Path(args.target) / "models" / "out"
    this = [sys.executable, __file__, "--target", args.target]
    contenders = {
        "ours: all of `train`": [args.target / "release/train", "--data", folder, "--out", out],
        f"LightGBM {lightgbm.__version__} from Python: the same {2 * (FOLDS + 1)} fits": [*this, "--only", "lightgbm", rows],
        f"scikit-learn {sklearn.__version__}: the same {2 * (FOLDS + 1)} fits, calibrated": [*this, "--only", "sklearn", rows],
    }
    found = {name: [] for name in contenders}
    for round_ in range(max(1, args.rounds // 3)):
        for name, command in contenders.items():
            print(f"training, round {round_ + 1}: {name}", file=sys.stderr)
            found[name].append(process([str(part) for part in command]))
    return {name: dict(zip(["seconds", "cpuSeconds", "peakMegabytes"], min(runs))) for name, runs in found.items()}


# --------------------------------------------------------------------------------------------------

def score(args):
    program = args.target / "release/examples/explain"
    values, labels = agree.data(agree.ROWS, 1)
    rows, _ = agree.data(agree.ROWS, 2)
    boosters = {name: agree.train(name, values, labels, agree.TREES) for name in agree.MEMBERS}
    members = [agree.member(name, booster) for name, booster in boosters.items()]
    if not agree.compare(program, boosters, members, rows):
        sys.exit("error: ours and LightGBM's do not say the same: what they take says nothing")
    contenders = [Ours(program, members, rows), Lightgbm(boosters.values(), rows), Sklearn(values, labels, rows)]
    found = {one.name: [] for one in contenders}
    for round_ in range(args.rounds):
        for one in contenders:
            print(f"scoring, round {round_ + 1} of {args.rounds}: {one.name}", file=sys.stderr)
            found[one.name].append(one.measure())
    whats = list(found["ours"][0])
    seconds = lambda name, what: [run[what] for run in found[name] if what in run]
    spread = lambda times: {"least": min(times), "median": statistics.median(times)} if times else None
    return {what: {name: spread(seconds(name, what)) for name in found} for what in whats}


def table(found):
    names = list(next(iter(found.values())))
    lines = [["microseconds of one processor, least (median)", *names]]
    in_words = lambda one: f"{one['least'] * 1e6:,.1f} ({one['median'] * 1e6:,.1f})" if one else "has none"
    lines += [[what, *map(in_words, by_name.values())] for what, by_name in found.items()]
    return lines


def markdown(lines):
    head, *body = lines
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *body])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--only", nargs=2, metavar=("WHO", "FILE"), help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default 5)")
    parser.add_argument("--train", type=int, metavar="ROWS", help="measure a training on so many rows too")
    parser.add_argument("--out", type=Path, help="also as JSON into this file")
    return parser.parse_args()


def main():
    args = arguments()
    if args.only:
        who, path = args.only
        return {"sklearn": train_sklearn, "lightgbm": train_lightgbm}[who](path)
    found = {"machine": f"{os.cpu_count()} processors, {platform.machine()}", "scoring": score(args)}
    print(found["machine"])
    print(markdown(table(found["scoring"])))
    if args.train:
        found["training"] = train(args)
        head = [f"{args.train:,} rows", "seconds", "seconds of the processors", "most memory, MB"]
        print(markdown([head, *([name, *(f"{value:,.1f}" for value in one.values())] for name, one in found["training"].items())]))
    if args.out:
        args.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
