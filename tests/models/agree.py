"""Holds our scorer of trained models against LightGBM's own, row by row.

    python tests/models/agree.py TARGET           compares on 20,000 rows, 200 + 200 trees
    python tests/models/agree.py --fixture FILE   writes what the tests of mindmate-model compare with

TARGET is cargo's target directory, with the example `explain` of mindmate-model built in it, for release where it
is there, else for debugging. A Random Forest and boosted trees are trained here on made-up rows in which every column has missing values.
Margins must be equal to 1e-9 and contributions to 1e-6; a forest's are divided by its trees first, which
LightGBM leaves out of both. Where anything that is needed is not there, this fails and says what.
"""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

VERSION = "4.7.0"
ROWS = 20_000
COLUMNS = 66
TREES = 200
SHARE_MISSING = 0.2
MARGIN_CLOSE = 1e-9
CONTRIBUTION_CLOSE = 1e-6
FIXTURE = {"trees": 6, "rows": 120, "explained": 24, "training": 3_000}

COMMON = {
    "objective": "binary", "num_leaves": 31, "max_depth": 10, "is_unbalance": True, "seed": 7,
    "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1,
}
MEMBERS = {
    "randomForest": {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.632, "feature_fraction": 0.5},
    "gradientBoosting": {"boosting": "gbdt", "learning_rate": 0.05},
}


class Missing(Exception):
    """Something without which nothing can be compared."""


try:
    import lightgbm
    import numpy
except ImportError as problem:
    sys.exit(f"lightgbm {VERSION} and numpy are not installed in {sys.prefix}: {problem}")


def data(rows, seed):
    """Rows with values of 64ths, of which some are small counts, and labels that follow from a few of them."""
    random = numpy.random.default_rng(seed)
    values = random.normal(size=(rows, COLUMNS))
    values[:, 1::3] += values[:, ::3][:, : values[:, 1::3].shape[1]]
    values[:, 2::5] = numpy.floor(numpy.abs(values[:, 2::5]) * 2)
    values = numpy.round(values * 64) / 64
    log_odds = values[:, 0] - values[:, 2] + values[:, 5] * values[:, 8] - 0.5 * (values[:, 20] > 0) - 1.5
    labels = random.random(rows) < 1 / (1 + numpy.exp(-log_odds))
    values[random.random(values.shape) < SHARE_MISSING] = numpy.nan
    return values, labels.astype(int)


def train(name, values, labels, trees):
    dataset = lightgbm.Dataset(values, labels)
    return lightgbm.train({**COMMON, **MEMBERS[name]}, dataset, num_boost_round=trees)


def member(name, booster):
    """What LightGBM trained, in the form of our artefact."""
    text = booster.model_to_string()
    blocks = text.split("\nTree=")[1:]
    trees = [tree(dict(line.split("=", 1) for line in block.split("\n") if "=" in line)) for block in blocks]
    return {"name": name, "averaged": "average_output" in text, "trees": trees}


def tree(fields):
    if fields["num_cat"] != "0":
        raise Missing("a tree without categorical splits")
    of = lambda field: fields.get(field, "")
    decisions = [int(each) for each in of("decision_type").split()]
    if any((decision >> 2) & 3 != 2 for decision in decisions):
        raise Missing("splits that saw missing values, as NaN")
    return {
        "input": of("split_feature"),
        "threshold": of("threshold"),
        "missing": "".join("L" if decision & 2 else "R" for decision in decisions),
        "left": of("left_child"),
        "right": of("right_child"),
        "value": of("leaf_value"),
        "cover": of("leaf_count"),
    }


def expected(name, booster, rows):
    """LightGBM's margins, and its contributions with the base last."""
    margins = booster.predict(rows, raw_score=True)
    contributions = booster.predict(rows, pred_contrib=True)
    if name == "randomForest":
        return margins / booster.num_trees(), contributions / booster.num_trees()
    return margins, contributions


def write_fixture(path):
    values, labels = data(FIXTURE["training"], 1)
    rows, _ = data(FIXTURE["rows"], 2)
    members, margins, contributions = [], [], []
    for name in MEMBERS:
        booster = train(name, values, labels, FIXTURE["trees"])
        members.append(member(name, booster))
        of_rows, of_inputs = expected(name, booster, rows)
        margins.append(of_rows.tolist())
        contributions.append(of_inputs[: FIXTURE["explained"]].tolist())
    fixture = {
        "by": f"LightGBM {lightgbm.__version__}",
        "members": members,
        "rows": [[None if numpy.isnan(value) else value for value in row] for row in rows.tolist()],
        "margins": margins,
        "contributions": contributions,
    }
    lines = [f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}" for key, value in fixture.items()]
    Path(path).write_text("{\n" + ",\n".join(lines) + "\n}\n")


def program(target):
    for profile in ["release", "debug"]:
        path = Path(target) / profile / "examples" / "explain"
        if path.exists():
            return path
    raise Missing(f"{path} is not there: cargo build -p mindmate-model --example explain")


def ours(path, members, rows, repeats=1, only="all"):
    """Margins of each member, base, contributions: a line of numbers for each row; and the processor's seconds."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(members, file)
        file.flush()
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        said = subprocess.run(
            [path, file.name, only, str(repeats)], input=rows.astype("<f8").tobytes(), stdout=subprocess.PIPE
        )
        took = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    if said.returncode != 0:
        raise Missing(f"{path} to end well")
    return numpy.frombuffer(said.stdout, "<f8").reshape(len(rows), -1), took


def trained_and_compared(target):
    values, labels = data(ROWS, 1)
    rows, _ = data(ROWS, 2)
    boosters = {name: train(name, values, labels, TREES) for name in MEMBERS}
    members = [member(name, booster) for name, booster in boosters.items()]
    return compare(program(target), boosters, members, rows)


def compare(path, boosters, members, rows):
    """Says how far ours is from LightGBM's, and whether that is near enough."""
    found, _ = ours(path, members, rows)
    base, added = found[:, len(members)], found[:, len(members) + 1 :]
    together = numpy.zeros((len(rows), COLUMNS + 1))
    worst_margin = 0.0
    for place, (name, booster) in enumerate(boosters.items()):
        margins, contributions = expected(name, booster, rows)
        worst_margin = max(worst_margin, numpy.abs(found[:, place] - margins).max())
        together += contributions / len(members)
    mean = found[:, : len(members)].mean(axis=1)
    worst_added = max(numpy.abs(added - together[:, :-1]).max(), numpy.abs(base - together[:, -1]).max())
    worst_sum = numpy.abs(base + added.sum(axis=1) - mean).max()
    print(f"{len(rows)} rows, {TREES} + {TREES} trees, LightGBM {lightgbm.__version__}, {path.parent.parent.name} build")
    print(f"  margins        differ by at most {worst_margin:.1e} (allowed {MARGIN_CLOSE:.0e})")
    print(f"  contributions  differ by at most {worst_added:.1e} (allowed {CONTRIBUTION_CLOSE:.0e})")
    print(f"  their sums     differ from the log-odds by at most {worst_sum:.1e} (allowed {CONTRIBUTION_CLOSE:.0e})")
    return worst_margin <= MARGIN_CLOSE and max(worst_added, worst_sum) <= CONTRIBUTION_CLOSE


def main(arguments):
    if lightgbm.__version__ != VERSION:
        raise Missing(f"lightgbm {VERSION}, not {lightgbm.__version__}")
    match arguments:
        case ["--fixture", path]:
            write_fixture(path)
            return 0
        case [target]:
            return 0 if trained_and_compared(target) else 1
        case _:
            print(__doc__)
            return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Missing as missing:
        sys.exit(f"cannot compare: expected {missing}")
