"""The state machine of trainings: its definition, what it may, and every way through it.

It is walked on a local AWS that interprets it. The two functions and the training job are stand-ins there, which
answer what a test says and note what they were asked; waits take no time."""

import io
import json
import re
import sys
import zipfile

import pytest

import machines
from conftest import ROOT, running
from test_template import granted, of_type, statements, target

FOLLOWING = ROOT / "stages" / "model-promotion" / "src" / "following.rs"
PREPARED = {"manifestSha256": "ab" * 32, "reason": None, "eligible": 500}
TOO_LITTLE = {"manifestSha256": None, "reason": "90 users could be learned from, and it takes 100"}
ARTEFACT = "s3://bucket/models/jobs/one/output/model.tar.gz"
TRAINED = {"TrainingJobStatus": "Completed", "ModelArtifacts": {"S3ModelArtifacts": ARTEFACT}}
PROMOTED = {"model": "m20261201-0123456789ab", "status": "promoted", "failedGates": []}
REFUSED = PROMOTED | {"status": "refused", "failedGates": ["higher AUROC than rules-1"]}
TOLD = {"model": None, "status": "failed", "failedGates": []}
STAND_IN = f"""#!{sys.executable}
# By Lambda's runtime interface, which errors have names in.
import json, os, pathlib, urllib.request

here, name = pathlib.Path(os.environ["HERE"]), os.environ["NAME"]
base = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(base + "next") as asked:
        event, request = json.load(asked), asked.headers["Lambda-Runtime-Aws-Request-Id"]
    noted = here / (name + ".jsonl")
    calls = noted.read_text().splitlines() if noted.exists() else []
    noted.write_text("".join(line + "\\n" for line in [*calls, json.dumps(event)]))
    answers = json.loads((here / "answers.json").read_text())[name]
    answer = answers[min(len(calls), len(answers) - 1)]
    kind, said = ("response", answer["return"]) if "return" in answer else ("error", answer["throw"])
    told = urllib.request.Request(base + request + "/" + kind, json.dumps(said).encode())
    urllib.request.urlopen(told).close()
"""


@pytest.fixture(scope="session")
def machine(template):
    return json.loads(json.dumps(of_type(template, "StepFunctions::StateMachine")["RetrainingMachine"]))


@pytest.fixture(scope="session")
def states(machine):
    return machine["Definition"]["States"]


def nexts(state):
    found = [state.get("Next"), state.get("Default")]
    found += [one["Next"] for one in state.get("Choices", []) + state.get("Catch", [])]
    return {name for name in found if name}


def fields(struct):
    """The names that the function reads of an object."""
    [body] = re.findall(rf"pub struct {struct} {{(.*?)\n}}", FOLLOWING.read_text(), re.S)
    return set(re.findall(r"^    pub (\w+):", body, re.M))


# --- The definition ------------------------------------------------------------------------------


def test_every_state_is_reached_and_every_way_ends(machine, states):
    seen, todo = set(), [machine["Definition"]["StartAt"]]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += nexts(states[name])
    assert seen == set(states)
    ends = {name for name, state in states.items() if not nexts(state)}
    assert {states[name]["Type"] for name in ends} == {"Succeed", "Fail"}


def test_every_task_tries_again_and_catches_all(states):
    for name, state in states.items():
        if state["Type"] == "Task":
            assert state["Retry"] and state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
            # What was found so far is kept beside the error.
            assert state["Catch"][-1]["ResultPath"].startswith("$."), name
            assert state["TimeoutSeconds"] > 0, name
            for retry in state["Retry"]:
                assert retry["JitterStrategy"] == "FULL" and retry["MaxAttempts"] <= 5, name
                assert "States.ALL" not in retry["ErrorEquals"], name


def test_what_fails_is_told_before_the_machine_fails(states):
    failing = {"Prepare": "PrepareFailed", "Train": "TrainFailed", "Judge": "JudgeFailed"}
    for task, caught in failing.items():
        assert states[task]["Catch"][-1]["Next"] == caught
        assert states[caught]["Next"] == "TellFailure"
    assert nexts(states["TellFailure"]) == {"Failed"}


def test_its_tasks_are_those_of_the_stack(machine, states):
    substitutions = machine["DefinitionSubstitutions"]
    used = set(re.findall(r"\$\{(\w+)}", json.dumps(machine["Definition"])))
    assert used == set(substitutions)
    assert target(substitutions["PrepareFunction"]) == "TrainingDataFunction"
    assert target(substitutions["JudgeFunction"]) == "JudgeModelFunction"
    called = {name: state["Parameters"]["FunctionName"] for name, state in states.items()
              if state.get("Resource") == "${LambdaInvoke}"}
    judge = dict.fromkeys(["Judge", "TellFailure", "TellTooLittle"], "${JudgeFunction}")
    assert called == judge | {"Prepare": "${PrepareFunction}"}


def test_a_function_has_the_time_that_it_takes(template, machine, states):
    functions = of_type(template, "Lambda::Function")
    for state in states.values():
        if state.get("Resource") == "${LambdaInvoke}":
            name = state["Parameters"]["FunctionName"].strip("${}")
            function = functions[target(machine["DefinitionSubstitutions"][name])]
            assert state["TimeoutSeconds"] > function["Timeout"]
    longest = sum((1 + sum(retry["MaxAttempts"] for retry in state["Retry"])) * state["TimeoutSeconds"]
                  for name, state in states.items() if name in ("Prepare", "Judge", "TellFailure"))
    assert longest + states["Train"]["TimeoutSeconds"] < machine["Definition"]["TimeoutSeconds"]


def test_a_training_is_on_a_spot_machine_and_reaches_nothing(states):
    job = states["Train"]["Parameters"]
    assert job["ResourceConfig"]["InstanceType"] == "ml.m5.xlarge"
    assert job["EnableManagedSpotTraining"] is True and job["EnableNetworkIsolation"] is True
    stop = job["StoppingCondition"]
    assert stop["MaxRuntimeInSeconds"] <= stop["MaxWaitTimeInSeconds"] < states["Train"]["TimeoutSeconds"]
    assert job["OutputDataConfig"]["KmsKeyId"] == job["ResourceConfig"]["VolumeKmsKeyId"] == "${Key}"


def test_its_channels_are_the_files_of_the_training_set(states):
    contracts = (ROOT / "shared" / "contracts" / "src" / "training_set" / "mod.rs").read_text()
    paths = set(re.findall(r'"([\w/]+\.(?:csv|json))"', contracts))
    channels = {one["ChannelName"]: one["DataSource"]["S3DataSource"]["S3Uri"]
                for one in states["Train"]["Parameters"]["InputDataConfig"]}
    assert set(channels) == {"train", "validation", "manifest"}
    assert {uri.removeprefix("s3://${Bucket}/training/") for uri in channels.values()} == paths


def test_its_output_is_where_the_function_looks(states):
    jobs = (ROOT / "shared" / "pipeline" / "src" / "ports" / "training_jobs.rs").read_text()
    [folder] = re.findall(r'FOLDER: &str = "(\w+)"', jobs)
    assert states["Train"]["Parameters"]["OutputDataConfig"]["S3OutputPath"] == f"s3://${{Bucket}}/models/{folder}"


def test_its_metrics_are_lines_that_the_evaluation_has_names_for(states):
    metrics = (ROOT / "shared" / "evaluation" / "src" / "metrics" / "mod.rs").read_text()
    [body] = re.findall(r"pub enum Metric {(.*?)\n}", metrics, re.S)
    names = {name[0].lower() + name[1:] for name in re.findall(r"^    (\w+),", body, re.M)}
    for one in states["Train"]["Parameters"]["AlgorithmSpecification"]["MetricDefinitions"]:
        assert one["Name"].removeprefix("validation:") in names
        assert re.search(one["Regex"], f"{one['Name']}=0.812345;").group(1) == "0.812345"


def test_a_name_is_one_of_a_training_job_whatever_the_prefix(template, states):
    [pattern] = [one["AllowedPattern"] for name, one in template["Parameters"].items() if name == "LowercasePrefix"]
    longest = 1 + int(re.search(r"\{0,(\d+)}", pattern).group(1))
    assert states["Name"]["Parameters"]["job.$"] == "States.Format('${NamePrefix}-{}', States.Hash($$.Execution.Id, 'MD5'))"
    assert longest + len("-") + 32 <= 63


# --- What it may, and what starts it -------------------------------------------------------------


def test_it_may_call_what_its_states_call_and_no_more(template):
    found = granted(template, "RetrainingRole")
    assert found.pop("TrainingDataFunction") == found.pop("JudgeModelFunction") == {"lambda:InvokeFunction"}
    assert found.pop("SageMakerRole") == {"iam:PassRole"}
    assert found.pop("Key") == {"kms:CreateGrant", "kms:DescribeKey"}
    jobs = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:training-job/${LowercasePrefix}-*"
    calls = ["CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob", "AddTags", "ListTags"]
    assert found.pop(jobs) == {f"sagemaker:{call}" for call in calls}
    rule = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
    assert found.pop(rule) == {"events:PutTargets", "events:PutRule", "events:DescribeRule"}
    # Log deliveries and traces.
    assert {action.split(":")[0] for action in found.pop("*")} == {"logs", "xray"}
    assert not found


def test_a_training_job_can_change_no_model_that_was_judged(template):
    found = granted(template, "SageMakerRole")
    assert {at: calls for at, calls in found.items() if at.startswith("ModelsBucket/")} == {
        "ModelsBucket/training/*": {"s3:GetObject"},
        "ModelsBucket/models/jobs/*": {"s3:GetObject", "s3:PutObject"},
    }


def test_without_an_image_there_is_no_machine_and_nothing_that_starts_it(template):
    assert template["Parameters"]["TrainingImageUri"]["Default"] == ""
    assert template["Conditions"]["HasTraining"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "TrainingImageUri"}, ""]}]}
    found = {name for name, one in template["Resources"].items() if one.get("Condition") == "HasTraining"}
    assert found == {
        "RetrainingMachine", "RetrainingLog", "RetrainingRole", "StartRetrainingRole", "TrainingSetPrepared",
        "TrainingFailedAlarm", "TrainingTimedOutAlarm", "TrainingSetPreparedAlarm",
        "AskedTrainingMachine", "AskedTrainingLog", "AskedTrainingRole", "StartAskedTrainingRole", "NewModelAskedFor",
        "AskedTrainingFailedAlarm", "NewModelAskedForAlarm",
    }
    # And the watch, which is there all the same, tells that somebody has to start one.
    variables = of_type(template, "Lambda::Function")["MonitorModelFunction"]["Environment"]["Variables"]
    assert variables["RETRAINING_MACHINE_ARN"]["Fn::If"] == ["HasTraining", {"Ref": "RetrainingMachine"}, {"Ref": "AWS::NoValue"}]


def test_a_set_that_the_schedule_has_prepared_starts_a_training(template):
    """Lambda tells the bus of each success that somebody asked for without waiting; the rule takes those of
    this function. An event of Lambda's documentation, with our function's answer."""
    [config] = [one for one in of_type(template, "Lambda::EventInvokeConfig").values()
                if target(one["FunctionName"]) == "TrainingDataFunction"]
    condition, bus, otherwise = config["DestinationConfig"]["OnSuccess"]["Fn::If"]
    assert (condition, otherwise) == ("HasTraining", {"Ref": "AWS::NoValue"})
    assert bus["Destination"]["Fn::Sub"].endswith(":event-bus/default")
    may = [one for name, _, one in statements(template) if name == "MLLambdaRole" and one["Action"] == "events:PutEvents"]
    assert [one["Resource"] for one in may] == [bus["Destination"]]
    rule = of_type(template, "Events::Rule")["TrainingSetPrepared"]
    assert rule["EventPattern"]["source"] == ["lambda"]
    assert rule["EventPattern"]["detail-type"] == ["Lambda Function Invocation Result - Success"]
    [plain, latest] = rule["EventPattern"]["detail"]["requestContext"]["functionArn"]
    assert target(plain) == "TrainingDataFunction" and latest == {"Fn::Sub": "${TrainingDataFunction.Arn}:$LATEST"}
    [only] = rule["Targets"]
    assert (target(only["Arn"]), target(only["RoleArn"])) == ("RetrainingMachine", "StartRetrainingRole")
    assert only["InputTransformer"]["InputPathsMap"] == {"prepared": "$.detail.responsePayload"}
    assert only["InputTransformer"]["InputTemplate"] == '{"prepared": <prepared>}'
    assert granted(template, "StartRetrainingRole") == {"RetrainingMachine": {"states:StartExecution"}}


def test_a_training_that_fails_or_does_not_end_raises_an_alarm(template):
    alarms = of_type(template, "CloudWatch::Alarm").values()
    found = [one for one in alarms if one.get("Namespace") == "AWS/States"]
    assert {(target(one["Dimensions"][0]["Value"]), one["MetricName"]) for one in found} == {
        ("RetrainingMachine", "ExecutionsFailed"), ("RetrainingMachine", "ExecutionsTimedOut"),
        # It has no time limit of its own: its tasks have.
        ("AskedTrainingMachine", "ExecutionsFailed"),
    }
    for alarm in found:
        [dimension] = alarm["Dimensions"]
        assert dimension["Name"] == "StateMachineArn"
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


# --- Every way through it ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with running(tmp_path_factory.mktemp("aws"), SFN_WAIT_SCALE="0") as local:
        yield local


class Walk:
    """The machine over stand-ins."""

    def __init__(self, aws, machine, here):
        self.here, self.name = here, re.sub(r"\W", "-", here.name)
        self.functions, self.states = (machines.client(aws, service) for service in ("lambda", "stepfunctions"))
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as packed:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            packed.writestr(entry, STAND_IN)
        arns = {name: self.stand_in(name, code.getvalue()) for name in ("prepare", "train", "judge")}
        values = dict.fromkeys(machine["DefinitionSubstitutions"], "value") | {
            "LambdaInvoke": "arn:aws:states:::lambda:invoke", "NamePrefix": "mindmate",
            # The job's own answer, as the integration gives it.
            "CreateTrainingJob": arns["train"],
            "PrepareFunction": arns["prepare"], "JudgeFunction": arns["judge"],
        }
        self.machine = machines.make(self.states, self.name, machines.definition(machine, values))

    def stand_in(self, name, code):
        made = self.functions.create_function(
            FunctionName=f"{self.name}-{name}"[-64:], Runtime="provided.al2023", Handler="bootstrap",
            Role=machines.ROLE, Code={"ZipFile": code}, Timeout=30,
            Environment={"Variables": {"HERE": str(self.here), "NAME": name}})
        return made["FunctionArn"]

    def run(self, given, **answers):
        """How it ended, and the states that it came to."""
        (self.here / "answers.json").write_text(json.dumps(answers))
        return machines.walk(self.states, self.machine, given)

    def asked(self, name):
        """What a stand-in was asked, in order."""
        noted = self.here / f"{name}.jsonl"
        return [json.loads(line) for line in noted.read_text().splitlines()] if noted.exists() else []


@pytest.fixture
def walk(aws, machine, tmp_path):
    return Walk(aws, machine, tmp_path)


def answer(*values):
    return [{"return": value} for value in values]


def throw(error, cause="words"):
    return {"throw": {"errorType": error, "errorMessage": cause}}


WAY = ["Name", "IsPrepared"]
TO_TRAIN = [*WAY, "IsEnough", "Train"]


def test_a_set_that_is_there_is_trained_on_and_a_better_model_serves(walk):
    ended, entered = walk.run({"prepared": PREPARED}, train=answer(TRAINED), judge=answer(PROMOTED))
    assert ended["status"] == "SUCCEEDED" and entered == [*TO_TRAIN, "Judge", "IsBetter", "Done"]
    # It is not prepared twice.
    assert walk.asked("prepare") == []
    [job] = walk.asked("train")
    assert re.fullmatch(r"mindmate-[0-9a-f]{32}", job["TrainingJobName"])
    [event] = walk.asked("judge")
    said = event["trained"]
    assert set(said) == fields("Trained")
    assert (said["job"], said["artefact"]) == (job["TrainingJobName"], ARTEFACT)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", said["at"])
    assert json.loads(ended["output"])["judged"] == PROMOTED


def test_who_starts_it_by_hand_has_the_set_prepared_first(walk):
    ended, entered = walk.run({}, prepare=answer(PREPARED), train=answer(TRAINED), judge=answer(REFUSED))
    assert ended["status"] == "SUCCEEDED"
    assert entered == [*WAY, "Prepare", "IsEnough", "Train", "Judge", "IsBetter", "Refused"]
    # As a schedule's event, of which the function wants these.
    [event] = walk.asked("prepare")
    assert set(event) == {"source", "detail-type", "time", "detail"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", event["time"])


@pytest.mark.parametrize("given", [{}, {"prepared": TOO_LITTLE}])
def test_too_little_data_trains_nothing_and_is_told(walk, given):
    ended, entered = walk.run(given, prepare=answer(TOO_LITTLE), judge=answer(TOLD))
    assert ended["status"] == "SUCCEEDED" and entered[-2:] == ["TellTooLittle", "TooLittle"]
    assert walk.asked("train") == []
    [event] = walk.asked("judge")
    said = event["skipped"]
    assert set(said) == fields("Skipped") and said["reason"] == TOO_LITTLE["reason"]


@pytest.mark.parametrize(("step", "words", "answers"), [
    ("prepare", "the training set", {"prepare": [throw("out-of-time")], "judge": answer(TOLD)}),
    ("train", "the training", {"train": [throw("States.TaskFailed", "one class")], "judge": answer(TOLD)}),
    ("judge", "the gates", {"train": answer(TRAINED), "judge": [throw("no-model"), *answer(TOLD)]}),
])
def test_a_step_that_fails_is_told_and_the_machine_fails(walk, step, words, answers):
    given = {} if step == "prepare" else {"prepared": PREPARED}
    ended, entered = walk.run(given, **answers)
    assert (ended["status"], ended["error"]) == ("FAILED", "TrainingFailed")
    assert entered[-3:] == [f"{step.capitalize()}Failed", "TellFailure", "Failed"]
    said = walk.asked("judge")[-1]["failed"]
    assert set(said) == fields("Failed") and said["step"] == words
    error = next(one["throw"]["errorType"] for one in answers[step])
    assert set(said["failure"]) == {"Error", "Cause"} and said["failure"]["Error"] == error
    # What will not heal is tried once.
    tries = walk.asked(step)[:-1] if step == "judge" else walk.asked(step)
    assert len(tries) == 1


@pytest.mark.parametrize("error", ["transient", "Lambda.TooManyRequestsException", "Lambda.ServiceException"])
def test_what_may_heal_is_tried_again(walk, error):
    ended, _ = walk.run(
        {}, prepare=[throw(error), *answer(PREPARED)],
        train=[throw("SageMaker.ResourceLimitExceededException"), *answer(TRAINED)],
        judge=[throw(error), throw(error), *answer(PROMOTED)])
    assert ended["status"] == "SUCCEEDED"
    assert [len(walk.asked(name)) for name in ("prepare", "train", "judge")] == [2, 2, 3]
    # Of one name, and of one time: a try that had no answer is finished by the next.
    assert len({job["TrainingJobName"] for job in walk.asked("train")}) == 1
    assert len({json.dumps(event) for event in walk.asked("judge")}) == 1


def test_where_nobody_can_be_told_the_machine_fails_all_the_same(walk):
    for given in ({"prepared": TOO_LITTLE}, {"prepared": PREPARED}):
        ended, entered = walk.run(given, train=[throw("States.TaskFailed")], judge=[throw("unreadable-event")])
        assert ended["status"] == "FAILED" and entered[-1] == "Failed"
