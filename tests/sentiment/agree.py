"""Holds our VADER against the authors' own program, text by text.

    python tests/sentiment/agree.py TARGET

TARGET is cargo's target directory, with the example `vader` of mindmate-language built in it and
the sources of vaderSentiment, which hold the authors' corpora, in tools/corpora (tests/tools puts
them there). The texts are those that the authors had rated for "VADER: A Parsimonious Rule-based
Model for Sentiment Analysis of Social Media Text" (ICWSM-14), each by at least 20 people, from -4 to 4. How
well either program goes with these ratings is shown; nothing is held against them.

All four scores of a text must be equal to 1e-4, for at least 99% of each corpus. Those that are
not are listed by the corpus's own ids; no text is shown. Where anything that is needed is not there,
this fails and says what: an agreement that was not looked at is none.
"""

import io
import subprocess
import sys
import tarfile
from pathlib import Path
from statistics import correlation

VERSION = "3.3.2"
SOURCES = f"vaderSentiment-{VERSION}.tar.gz"
RATED = f"vaderSentiment-{VERSION}/additional_resources/hutto_ICWSM_2014.tar.gz"
CORPORA = ["tweets", "amazonReviewSnippets", "movieReviewSnippets", "nytEditorialSnippets"]
LEAST_TEXTS = 2_000
LEAST_SHARE = 0.99
# Both round to 4 decimals (3 for shares): a hair more than the step, for the numbers' own error.
CLOSE = 1.0001e-4
# Of so many differing texts the scores are shown; of all the ids.
SHOWN = 20


class Missing(Exception):
    """Something without which nothing can be compared."""


def reference():
    """The authors' program."""
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError as error:
        raise Missing(f"vaderSentiment {VERSION} is not installed in {sys.prefix}: run tests/tools") from error
    return SentimentIntensityAnalyzer()


def corpora(target):
    """The authors' corpora by name: of each id the rating and the text."""
    sources = target / "tools" / "corpora" / SOURCES
    if not sources.exists():
        raise Missing(f"{sources} is not there: run tests/tools")
    with tarfile.open(sources) as outer, tarfile.open(fileobj=io.BytesIO(outer.extractfile(RATED).read())) as rated:
        return {name: corpus(rated, name) for name in CORPORA}


def corpus(rated, name):
    text = rated.extractfile(f"hutto_ICWSM_2014/{name}_GroundTruth.txt").read()
    # At line feeds alone: some texts hold other ends of lines.
    lines = text.decode("utf-8", errors="replace").split("\n")
    rows = [line.rstrip("\r").split("\t", 2) for line in lines if line.strip()]
    texts = {number: (float(rating), words) for number, rating, words in rows}
    if len(texts) != len(rows):
        raise Missing(f"{name}: {len(rows) - len(texts)} of {len(rows)} texts have the id of another")
    if len(texts) < LEAST_TEXTS:
        raise Missing(f"{name}: expected at least {LEAST_TEXTS} texts, found {len(texts)}")
    return texts


def ours(target, texts):
    """Our scores of each text: compound, positive, negative, neutral."""
    program = target / "debug" / "examples" / "vader"
    if not program.exists():
        raise Missing(f"{program} is not there: cargo build -p mindmate-language --example vader")
    given = b"".join(text.encode() + b"\0" for text in texts)
    said = subprocess.run([program], input=given, capture_output=True, check=True).stdout
    found = [[float(score) for score in line.split()] for line in said.decode().splitlines()]
    if len(found) != len(texts):
        raise Missing(f"expected {len(texts)} answers of {program}, found {len(found)}")
    return found


def theirs(analyzer, text):
    scores = analyzer.polarity_scores(text)
    return [scores[name] for name in ("compound", "pos", "neg", "neu")]


def agrees(target, analyzer, name, rated):
    """Says how far the two agree on a corpus, and whether that is enough."""
    ratings, texts = zip(*rated.values())
    mine, reference = ours(target, texts), [theirs(analyzer, text) for text in texts]
    differing = [
        (number, a, b)
        for number, a, b in zip(rated, mine, reference)
        if any(abs(x - y) > CLOSE for x, y in zip(a, b))
    ]
    agreeing = len(texts) - len(differing)
    print(f"{name}: {agreeing} of {len(texts)} texts agree ({agreeing / len(texts):.2%}); with people's ratings "
          f"r = {compound(ratings, mine):.3f} ours, {compound(ratings, reference):.3f} theirs")
    for number, a, b in differing[:SHOWN]:
        print(f"  {number}: ours {a}, theirs {b}")
    if differing:
        print(f"  differing: {', '.join(number for number, _, _ in differing)}")
    return agreeing >= LEAST_SHARE * len(texts)


def compound(ratings, scores):
    """How the compound scores go with the ratings: Pearson's r."""
    return correlation(ratings, [score[0] for score in scores])


def main(target):
    try:
        analyzer = reference()
        enough = [agrees(target, analyzer, name, rated) for name, rated in corpora(target).items()]
    except Missing as missing:
        print(f"the agreement with VADER's authors is NOT checked: {missing}", file=sys.stderr)
        return 1
    if not all(enough):
        print(f"expected at least {LEAST_SHARE:.0%} of each corpus to agree", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
