"""Holds our VADER against the authors' own program, text by text.

    python tests/sentiment/agree.py TARGET

TARGET is cargo's target directory, with the example `vader` of mindmate-language built in it and
the sources of vaderSentiment, which hold the authors' corpora, in tools/corpora (tests/tools puts
them there). The texts are those that the authors had rated for "VADER: A Parsimonious Rule-based
Model for Sentiment Analysis of Social Media Text" (ICWSM-14).

All four scores of a text must be equal to 1e-4, for at least 99% of each corpus. Those that are
not are listed by the corpus's own ids; no text is shown.
"""

import io
import subprocess
import sys
import tarfile
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

SOURCES = "vaderSentiment-3.3.2.tar.gz"
RATED = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
CORPORA = ["tweets", "amazonReviewSnippets"]
LEAST_TEXTS = 2_000
LEAST_SHARE = 0.99
# Both round to 4 decimals (3 for shares): a hair more than the step, for the numbers' own error.
CLOSE = 1.0001e-4
SHOWN = 20


def corpus(rated, name):
    """The texts of a corpus by their ids."""
    text = rated.extractfile(f"hutto_ICWSM_2014/{name}_GroundTruth.txt").read()
    lines = text.decode("utf-8", errors="replace").splitlines()
    rows = (line.split("\t", 2) for line in lines if line.strip())
    return {number: words for number, _, words in rows}


def ours(program, texts):
    """Our scores of each text: compound, positive, negative, neutral."""
    given = b"".join(text.encode() + b"\0" for text in texts)
    said = subprocess.run([program], input=given, capture_output=True, check=True).stdout
    return [[float(score) for score in line.split()] for line in said.decode().splitlines()]


def theirs(analyzer, text):
    scores = analyzer.polarity_scores(text)
    return [scores[name] for name in ("compound", "pos", "neg", "neu")]


def differing(program, analyzer, texts):
    """Of the texts whose scores differ: the id, our scores and theirs."""
    found = ours(program, texts.values())
    assert len(found) == len(texts), f"expected {len(texts)} answers, found {len(found)}"
    for (number, text), mine in zip(texts.items(), found):
        reference = theirs(analyzer, text)
        if any(abs(a - b) > CLOSE for a, b in zip(mine, reference)):
            yield number, mine, reference


def main(target):
    program = target / "debug" / "examples" / "vader"
    analyzer = SentimentIntensityAnalyzer()
    with tarfile.open(target / "tools" / "corpora" / SOURCES) as sources:
        inner = io.BytesIO(sources.extractfile(RATED).read())
    passed = True
    with tarfile.open(fileobj=inner) as rated:
        for name in CORPORA:
            texts = corpus(rated, name)
            assert len(texts) >= LEAST_TEXTS, f"{name}: expected {LEAST_TEXTS} texts, found {len(texts)}"
            wrong = list(differing(program, analyzer, texts))
            share = 1 - len(wrong) / len(texts)
            print(f"{name}: {len(texts) - len(wrong)} of {len(texts)} texts agree ({share:.2%})")
            for number, mine, reference in wrong[:SHOWN]:
                print(f"  {number}: ours {mine}, theirs {reference}")
            if len(wrong) > SHOWN:
                print(f"  and {len(wrong) - SHOWN} more")
            passed &= share >= LEAST_SHARE
    return 0 if passed else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
