"""What the model of `mindmate cost` says of the template, and what was measured of a run."""

import importlib.util
import tomllib

import pytest

from conftest import ROOT
from test_template import of_type

FIGURES = tomllib.loads((ROOT / "cli" / "data" / "figures.toml").read_text())
QUOTAS = tomllib.loads((ROOT / "cli" / "data" / "quotas-us-east-1.toml").read_text())


def load_measure():
    spec = importlib.util.spec_from_file_location("measure", ROOT / "tests" / "cost" / "measure.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


measure = load_measure()


def test_the_alarms_that_are_paid_are_those_of_the_template(template):
    metrics = 0
    for alarm in of_type(template, "CloudWatch::Alarm").values():
        metrics += sum("MetricStat" in one for one in alarm.get("Metrics", [])) or 1
    assert FIGURES["alarm-metrics"]["value"] == metrics


def test_the_streams_that_are_paid_are_those_of_the_template(template):
    streams = of_type(template, "Kinesis::Stream").values()
    assert all(one["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"} for one in streams)
    assert FIGURES["streams"]["value"] == len(streams)


@pytest.mark.parametrize("function", FIGURES["function"], ids=lambda one: one["name"])
def test_a_function_is_paid_as_the_template_has_it(template, function):
    found = of_type(template, "Lambda::Function")[function["resource"]]
    mapping = of_type(template, "Lambda::EventSourceMapping")[function["mapping"]]
    assert function["memory-mb"] == found["MemorySize"]
    assert function["batch"] == mapping["BatchSize"]
    assert function.get("concurrency") == mapping.get("ScalingConfig", {}).get("MaximumConcurrency")


def test_our_own_bounds_are_those_of_the_template(template):
    parameters = template["Parameters"]
    texts = of_type(template, "Lambda::EventSourceMapping")["TextsMapping"]
    processes = texts["ScalingConfig"]["MaximumConcurrency"]
    assert QUOTAS["comprehend-rate"]["limit"] == processes * parameters["ComprehendRate"]["Default"]
    assert QUOTAS["shards"]["limit"] == parameters["Shards"]["Default"]
    closing = of_type(template, "Lambda::Function")["RunClosingFunction"]
    assert QUOTAS["closing-seconds"]["limit"] == closing["Timeout"]


@pytest.mark.parametrize(("number", "size"), [("0", 1), ("5.4", 2), ("-0.25", 3), ("123.0", 3), ("1e-05", 2)])
def test_a_number_takes_a_byte_for_two_digits_and_one(number, size):
    assert measure.of_number(number) == size


def test_an_items_size_is_that_of_its_names_and_values():
    """By hand: a 3 + name 1 + text 2 + 1; list 3 + two booleans of 1, each with 1."""
    assert measure.of_json({"a": "xy"}) == 3 + 1 + 2 + 1
    assert measure.of_json([True, None]) == 3 + 2 + 2
    item = '{"mood": {"N": "5.4"}, "type": {"S": "MOOD"}}'
    assert measure.of_app_item("u1", "MOOD#x", item) == (2 + 5 + 2) + (2 + 6) + (4 + 2) + (4 + 4)
