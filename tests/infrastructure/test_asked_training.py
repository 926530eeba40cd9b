"""What stands between the watch of the model and the trainings: a rule, and a machine that gives each day's training a
name and starts none beside another. It is walked on a local AWS; the machine of trainings is a stand-in there."""

import json
import re

import pytest

import machines
from conftest import ROOT, running
from test_template import BUS, granted, of_type, statements, target

DAY = {"day": "2026-12-01", "verdict": "degraded"}
PASSES = {"Type": "Pass", "End": True}
# Longer than any test.
WAITS = {"Type": "Wait", "Seconds": 3600, "End": True}


@pytest.fixture(scope="session")
def machine(template):
    return json.loads(json.dumps(of_type(template, "StepFunctions::StateMachine")["AskedTrainingMachine"]))


# --- The rule and the definition -----------------------------------------------------------------


def test_the_answer_of_the_watch_starts_it_where_a_training_is_to_start(template):
    """Lambda tells the bus of each success that somebody asked for without waiting."""
    [config] = [one for one in of_type(template, "Lambda::EventInvokeConfig").values()
                if target(one["FunctionName"]) == "MonitorModelFunction"]
    assert config["DestinationConfig"]["OnSuccess"] == {
        "Fn::If": ["HasTraining", {"Destination": {"Fn::Sub": BUS}}, {"Ref": "AWS::NoValue"}]}
    assert target(config["DestinationConfig"]["OnFailure"]["Destination"]) == "SchedulesDlq"
    rule = of_type(template, "Events::Rule")["NewModelAskedFor"]
    pattern = rule["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == (["lambda"], ["Lambda Function Invocation Result - Success"])
    [plain, latest] = pattern["detail"]["requestContext"]["functionArn"]
    assert target(plain) == "MonitorModelFunction" and latest == {"Fn::Sub": "${MonitorModelFunction.Arn}:$LATEST"}
    assert pattern["detail"]["responsePayload"] == {"startsTraining": [True]}
    [only] = rule["Targets"]
    assert (target(only["Arn"]), target(only["RoleArn"])) == ("AskedTrainingMachine", "StartAskedTrainingRole")


def test_what_the_rule_reads_the_program_answers():
    library = (ROOT / "stages" / "model-monitor" / "src" / "lib.rs").read_text()
    [body] = re.findall(r"pub struct Answer {(.*?)\n}", library, re.S)
    assert {"day", "verdict", "starts_training"} <= set(re.findall(r"^    pub (\w+):", body, re.M))
    assert '#[serde(rename_all = "camelCase")]\npub struct Answer' in library


def test_it_may_look_at_the_trainings_and_start_one_and_no_more(template):
    found = granted(template, "AskedTrainingRole")
    assert found.pop("RetrainingMachine") == {"states:ListExecutions", "states:StartExecution"}
    assert {action.split(":")[0] for action in found.pop("*")} == {"logs", "xray"}
    assert not found
    assert granted(template, "StartAskedTrainingRole") == {"AskedTrainingMachine": {"states:StartExecution"}}


def test_the_watch_itself_may_start_nothing(template):
    mine = [one for name, _, one in statements(template) if name == "MonitorModelRole"]
    assert not [one for one in mine if "states:" in json.dumps(one["Action"])]


def test_its_tasks_end_and_what_may_heal_is_tried_again(machine):
    states = machine["Definition"]["States"]
    tasks = [state for state in states.values() if state["Type"] == "Task"]
    assert len(tasks) == 2
    for task in tasks:
        assert task["TimeoutSeconds"] == 60
        last = task["Retry"][-1]
        assert last["ErrorEquals"] == ["States.TaskFailed", "States.Timeout"]
        assert (last["MaxAttempts"], last["JitterStrategy"]) == (4, "FULL")
    # That the name is taken is an answer.
    [taken, _] = states["Start"]["Retry"]
    assert taken["MaxAttempts"] == 0 and taken["ErrorEquals"] == states["Start"]["Catch"][0]["ErrorEquals"]


def test_the_name_is_that_of_the_notice(machine):
    words = (ROOT / "stages" / "model-monitor" / "src" / "retraining.rs").read_text()
    assert "watch-{day}" in words
    assert machine["Definition"]["States"]["Start"]["Parameters"]["Name.$"] == "States.Format('watch-{}', $.day)"


# --- Every way through it ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with running(tmp_path_factory.mktemp("aws")) as local:
        yield local


class Walk:
    """The machine, and one that trains in name alone."""

    def __init__(self, aws, machine, name, trains):
        self.states = machines.client(aws, "stepfunctions")
        self.trainings = machines.make(self.states, f"{name}-trainings", {"StartAt": "Train", "States": {"Train": trains}})
        values = {
            "ListExecutions": "arn:aws:states:::aws-sdk:sfn:listExecutions",
            "StartExecution": "arn:aws:states:::states:startExecution", "Machine": self.trainings,
        }
        assert set(values) == set(machine["DefinitionSubstitutions"])
        definition = machines.definition(machine, values)
        for state in definition["States"].values():
            for retry in state.get("Retry", []):
                if retry["MaxAttempts"]:
                    retry["IntervalSeconds"], retry["BackoffRate"] = 1, 1
        self.machine = machines.make(self.states, name, definition)

    def run(self, given):
        """How it ended, and the last state that it came to."""
        found, entered = machines.walk(self.states, self.machine, given)
        return found["status"], entered[-1]

    def trained(self):
        """The trainings by name, each with what it was given."""
        listed = self.states.list_executions(stateMachineArn=self.trainings)["executions"]
        return {one["name"]: json.loads(self.states.describe_execution(executionArn=one["executionArn"])["input"])
                for one in listed}


@pytest.fixture
def walk(aws, machine, request):
    name = re.sub(r"\W", "-", request.node.name)[-60:]
    return lambda trains: Walk(aws, machine, name, trains)


def test_a_day_that_is_heard_twice_trains_once(walk):
    walk = walk(PASSES)
    assert walk.run(DAY) == ("SUCCEEDED", "Started")
    assert walk.run(DAY) == ("SUCCEEDED", "WasStarted")
    # Of another verdict, too: the data is the same.
    assert walk.run(DAY | {"verdict": "drifted"}) == ("SUCCEEDED", "WasStarted")
    # It has the set prepared first, since none is handed to it, and who looks at it sees why it was started.
    assert walk.trained() == {"watch-2026-12-01": {"asked": DAY}}
    assert walk.run(DAY | {"day": "2026-12-08"}) == ("SUCCEEDED", "Started")
    assert set(walk.trained()) == {"watch-2026-12-01", "watch-2026-12-08"}


def test_none_is_started_beside_one_that_runs_whoever_started_it(walk):
    walk = walk(WAITS)
    walk.states.start_execution(stateMachineArn=walk.trainings, name="by-hand", input="{}")
    assert walk.run(DAY) == ("SUCCEEDED", "AnotherRuns")
    assert set(walk.trained()) == {"by-hand"}


def test_where_the_trainings_cannot_be_reached_it_fails_for_the_alarm(walk):
    walk = walk(PASSES)
    walk.states.delete_state_machine(stateMachineArn=walk.trainings)
    assert walk.run(DAY)[0] == "FAILED"
