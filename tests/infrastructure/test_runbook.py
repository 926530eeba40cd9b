"""The runbook and the template speak of the same alarms."""

import re

import pytest

from conftest import ROOT
from test_template import of_type

RUNBOOK = ROOT / "docs" / "RUNBOOK.md"


def anchor(heading):
    """As a page of Markdown makes it of a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def sections():
    """The alarms that each section names, by its anchor."""
    found, at, listing = {}, None, False
    for line in RUNBOOK.read_text().splitlines():
        if line.startswith("#"):
            at, listing = anchor(line.lstrip("#")), False
            found[at] = []
        listing = (listing and bool(line)) or line.startswith("Alarms: ")
        if listing:
            found[at] += re.findall(r"`([\w-]+)`", line)
    return found


def alarms(template):
    """The alarms of the template by their names without the prefix, each with its description."""
    named = {}
    for alarm in of_type(template, "CloudWatch::Alarm").values():
        name = re.sub(r"^\$\{(Prefix|LowercasePrefix)\}-", "", alarm["AlarmName"]["Fn::Sub"])
        named[name] = alarm["AlarmDescription"]
    return named


def test_every_alarm_stands_in_the_runbook_once_and_no_other_does(template):
    named = [name for names in sections().values() for name in names]
    assert sorted(named) == sorted(alarms(template))


def test_every_alarm_points_to_the_section_that_it_stands_in(template):
    by_section = sections()
    for name, description in alarms(template).items():
        found = re.search(r"docs/RUNBOOK\.md#([\w-]+)$", description)
        assert found, f"{name}: {description}"
        assert name in by_section.get(found.group(1), []), f"{name} is not in #{found.group(1)}"


def test_every_exit_code_of_the_program_stands_in_the_runbook():
    program = (ROOT / "cli" / "src" / "exit.rs").read_text()
    codes = {int(code) for code in re.findall(r"^    [A-Z]\w+ = (\d+),$", program, re.M)} | {2}
    assert len(codes) >= 7
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", RUNBOOK.read_text(), re.M)}
    assert codes <= told


@pytest.mark.parametrize("word", ["What it means", "Look at", "Type", "Wake"])
def test_every_section_with_alarms_says_what_to_do(word):
    text = RUNBOOK.read_text()
    parts = re.split(r"^## ", text, flags=re.M)[1:]
    with_alarms = [part for part in parts if re.search(r"^Alarms: ", part, re.M)]
    assert len(with_alarms) >= 10
    lacking = [part.splitlines()[0] for part in with_alarms if f"**{word}" not in part]
    assert not lacking


def test_every_link_within_the_runbook_leads_somewhere():
    text = RUNBOOK.read_text()
    there = set(sections())
    assert {link for link in re.findall(r"\]\(#([\w-]+)\)", text)} <= there
