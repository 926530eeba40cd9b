"""The deployment script against a local AWS: what it makes, what it leaves alone, what it says."""

import base64
import json
import re
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest

from conftest import ROOT, running

SCRIPT = ROOT / "infrastructure" / "deploy-ml-stack.sh"
STACK = "MindMate-ML-Prediction"
ACCOUNT = "000000000000"
MODELS = f"mindmate-ml-models-{ACCOUNT}"
CODE = f"mindmate-code-{ACCOUNT}-us-east-1"
BINARIES = [
    "mindmate-orchestrator", "mindmate-training-data", "mindmate-model-promotion", "mindmate-model-monitor",
    "mindmate-fan-out", "mindmate-feature-extraction", "mindmate-scoring", "mindmate-intervention",
    "mindmate-realtime-trigger", "mindmate-sentiment", "mindmate-activity-ingest", "mindmate-run-report",
    "mindmate-run-closing",
]
QUEUES = [
    "fan-out", "texts", "assessments", "assessments-priority", "scoring", "scoring-priority",
    "interventions", "interventions-priority",
]
# The eight of the setup document, and what the programs need beyond them.
TABLES = {
    "RISK_ASSESSMENTS_TABLE": "MindMate-RiskAssessments", "TRAINING_JOBS_TABLE": "MindMate-TrainingJobs",
    "INTERVENTIONS_TABLE": "MindMate-Interventions", "ASSESSMENT_RUNS_TABLE": "MindMate-AssessmentRuns",
    "ACTIVITY_TABLE": "MindMate-Activity", "APP_TABLE": "EmoCompanion",
}
FIXED = TABLES | {
    "ML_MODELS_BUCKET": MODELS,
    "ML_LAMBDA_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/MindMate-MLLambdaRole",
    "SAGEMAKER_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/MindMate-SageMakerRole",
    "ML_ALERTS_SNS_TOPIC": f"arn:aws:sns:us-east-1:{ACCOUNT}:MindMate-MLAlerts",
    "ACTIVITY_STREAM": "MindMate-activity", "OUTCOMES_STREAM": "MindMate-outcomes",
    "MINDMATE_SENTIMENT_ANALYZER": "comprehend", "MINDMATE_COMPREHEND_RATE": "4",
    "MINDMATE_SHARDS": "16", "MINDMATE_LOG": "info",
    "MINDMATE_OVERDUE_MINUTES": "30",
    "MINDMATE_PSEUDONYM_KEY": "config/pseudonym.key",
}
URLS = {
    f"{name.upper().replace('-', '_')}_{kind}_URL": f"MindMate-{name}{suffix}"
    for name in QUEUES for kind, suffix in (("QUEUE", ""), ("DLQ", "-dlq"))
} | {
    f"{name.upper().replace('-', '_')}_DLQ_URL": f"MindMate-{name}-dlq"
    for name in ("app-table", "activity", "outcomes")
}


def eventually(found):
    give_up = time.monotonic() + 120
    while not found():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def variables_of(env_file):
    lines = env_file.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


class Deployment:
    """One local AWS, the artefacts that are deployed to it, and the file of variables."""

    def __init__(self, aws, directory):
        self.aws = aws
        self.env_file = directory / ".env"
        self.artifacts = directory / "artifacts"
        self.artifacts.mkdir(parents=True)
        for binary in BINARIES:
            self.build(binary, "first")

    def build(self, binary, version):
        (self.artifacts / binary).write_text(f"#!/bin/sh\n# {binary}, {version}\nexit 1\n")

    def run(self, *options, **environment):
        return subprocess.run(
            [SCRIPT, "--artifacts", self.artifacts, "--env-file", self.env_file, *options],
            env=self.aws.environment() | environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=240, check=False,
        )

    def deploy(self, *options):
        done = self.run(*options)
        assert done.returncode == 0, done.stderr
        return done

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.aws.url, region_name="us-east-1",
            aws_access_key_id="test", aws_secret_access_key="test",
        )

    def stack(self):
        return self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]

    def stacks(self):
        return [one["StackName"] for one in self.client("cloudformation").describe_stacks()["Stacks"]]

    def variables(self):
        return variables_of(self.env_file)

    def buckets(self):
        return [bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]]

    def versions(self, bucket):
        """Every version of every object: what a run that changes nothing leaves as it was."""
        found = self.client("s3").list_object_versions(Bucket=bucket).get("Versions", [])
        return sorted((one["Key"], one["VersionId"]) for one in found)

    def code(self):
        functions = self.client("lambda").list_functions()["Functions"]
        return {one["FunctionName"]: one["CodeSha256"] for one in functions}

    def pseudonym_key(self, bucket=MODELS):
        found = self.client("s3").get_object(Bucket=bucket, Key="config/pseudonym.key")
        return found["Body"].read()

    def mappings(self, prefix="mindmate"):
        """What is read, by function; a function with two queues has two."""
        found = {}
        for one in self.client("lambda").list_event_source_mappings()["EventSourceMappings"]:
            name = one["FunctionArn"].rsplit(":", 1)[1]
            if name.startswith(f"{prefix}-"):
                found.setdefault(name.removeprefix(f"{prefix}-"), []).append(one)
        return found

    def stream(self, table="EmoCompanion"):
        return self.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]

    def events(self):
        pages = self.client("cloudformation").get_paginator("describe_stack_events")
        return [one["EventId"] for page in pages.paginate(StackName=STACK) for one in page["StackEvents"]]

    def change_sets(self):
        return self.client("cloudformation").list_change_sets(StackName=STACK)["Summaries"]


@pytest.fixture
def fresh(local_aws, tmp_path):
    """A local AWS with nothing in it."""
    return Deployment(local_aws, tmp_path)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """A stack that is there already. Tests leave it as it is."""
    directory = tmp_path_factory.mktemp("deployed")
    with running(directory / "aws") as aws:
        deployment = Deployment(aws, directory)
        deployment.first = deployment.deploy("--create-app-table")
        yield deployment


# --- What it makes -------------------------------------------------------------------------------


def test_the_stack_is_complete_and_bears_our_tag(deployed):
    stack = deployed.stack()
    assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert {"Key": "mindmate:deployed-by", "Value": "deploy-ml-stack.sh"} in stack["Tags"]
    assert not deployed.change_sets() or all(
        one["ExecutionStatus"] != "AVAILABLE" for one in deployed.change_sets()
    )


def test_all_variables_are_written_for_their_owner_alone(deployed):
    variables = deployed.variables()
    fixed = {name: value for name, value in variables.items() if name in FIXED}
    assert fixed == FIXED
    urls = {name: value.rsplit("/", 1)[1] for name, value in variables.items() if name in URLS}
    assert urls == URLS
    assert set(variables) == {*FIXED, *URLS, "ML_KMS_KEY_ID"}
    assert stat.S_IMODE(deployed.env_file.stat().st_mode) == 0o600


def test_every_variable_names_something_that_is_there(deployed):
    variables = deployed.variables()
    sqs, dynamodb = deployed.client("sqs"), deployed.client("dynamodb")
    for name in URLS:
        sqs.get_queue_attributes(QueueUrl=variables[name], AttributeNames=["QueueArn"])
    for name in TABLES:
        table = dynamodb.describe_table(TableName=variables[name])["Table"]
        assert table["TableStatus"] == "ACTIVE"
        assert table["DeletionProtectionEnabled"] is True, name
    for name in ("ACTIVITY_STREAM", "OUTCOMES_STREAM"):
        deployed.client("kinesis").describe_stream_summary(StreamName=variables[name])
    deployed.client("sns").get_topic_attributes(TopicArn=variables["ML_ALERTS_SNS_TOPIC"])
    assert deployed.client("kms").get_key_rotation_status(KeyId=variables["ML_KMS_KEY_ID"])["KeyRotationEnabled"]
    for name in ("ML_LAMBDA_ROLE_ARN", "SAGEMAKER_ROLE_ARN"):
        deployed.client("iam").get_role(RoleName=variables[name].rsplit("/", 1)[1])


def test_the_bucket_has_its_folders_and_a_key_of_its_own(deployed):
    keys = {key for key, _ in deployed.versions(MODELS)}
    assert keys == {"models/", "training/train/", "training/validation/", "config/pseudonym.key"}
    assert len(deployed.pseudonym_key()) == 32


def test_the_schedules_stand_as_designed(deployed):
    rules = {rule["Name"]: rule for rule in deployed.client("events").list_rules()["Rules"]}
    daily, monthly = rules["MindMate-DailyRiskAssessment"], rules["MindMate-MonthlyRetraining"]
    assert (daily["ScheduleExpression"], daily["State"]) == ("cron(0 6 * * ? *)", "ENABLED")
    assert (monthly["ScheduleExpression"], monthly["State"]) == ("cron(0 3 1 * ? *)", "DISABLED")
    monitor = rules["MindMate-ModelMonitor"]
    assert (monitor["ScheduleExpression"], monitor["State"]) == ("cron(0 8 * * ? *)", "ENABLED")


def test_without_an_image_the_watch_of_the_model_knows_of_no_machine(deployed):
    found = deployed.client("lambda").get_function_configuration(FunctionName="mindmate-monitorModel")
    assert "RETRAINING_MACHINE_ARN" not in found["Environment"]["Variables"]
    assert deployed.client("stepfunctions").list_state_machines()["stateMachines"] == []


def test_each_stream_and_queue_is_read_and_that_of_the_apps_table_too(deployed):
    mappings = deployed.mappings()
    assert {name: len(found) for name, found in mappings.items()} == {
        "fanOut": 1, "featureExtraction": 2, "scoring": 2, "intervention": 2,
        "realtimeTrigger": 1, "sentiment": 1, "activityIngest": 1, "runReport": 1,
    }
    [written] = mappings["realtimeTrigger"]
    assert written["EventSourceArn"] == deployed.stream()
    assert "IN REAL TIME" not in deployed.first.stderr


def test_the_code_bucket_is_private_versioned_and_encrypted(deployed):
    s3 = deployed.client("s3")
    assert all(s3.get_public_access_block(Bucket=CODE)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_versioning(Bucket=CODE)["Status"] == "Enabled"
    assert s3.get_bucket_encryption(Bucket=CODE)["ServerSideEncryptionConfiguration"]["Rules"]
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=CODE)["Policy"]


def test_it_says_that_nobody_hears_of_alarms(deployed):
    assert "NOBODY HEARS OF ALARMS" in deployed.first.stderr


def test_no_secret_is_printed(deployed):
    said = deployed.first.stdout + deployed.first.stderr
    key = deployed.pseudonym_key()
    assert "Made the key for pseudonyms" in said
    assert key.hex() not in said and key.decode(errors="replace") not in said
    assert base64.b64encode(key).decode() not in said


# --- Again ---------------------------------------------------------------------------------------


def test_a_second_run_changes_nothing(deployed):
    def state():
        return (
            deployed.env_file.read_bytes(), deployed.events(), deployed.pseudonym_key(),
            deployed.versions(MODELS), deployed.code(), deployed.change_sets(),
            [one for one in deployed.versions(CODE) if not one[0].startswith("templates/")],
        )

    before = state()
    again = deployed.deploy()
    assert f"No changes to {STACK}." in again.stderr
    assert state() == before


def test_variables_are_put_in_their_places_and_other_lines_are_kept(deployed):
    whole = deployed.env_file.read_text()
    lines = whole.splitlines()
    lost = [line for line in lines if not line.startswith("SCORING_QUEUE_URL=")]
    at = next(i for i, line in enumerate(lost) if line.startswith("ML_KMS_KEY_ID="))
    stale = ["# ours", "OTHER=a=b # c", *lost[:at], "ML_KMS_KEY_ID=stale", "", *lost[at + 1:], "LAST=1"]
    deployed.env_file.write_text("\n".join(stale) + "\nML_KMS_KEY_ID=stale-too\n")
    deployed.env_file.chmod(0o644)
    try:
        deployed.deploy()
        written = deployed.env_file.read_text().splitlines()
        [key] = [line for line in lines if line.startswith("ML_KMS_KEY_ID=")]
        [queue] = [line for line in lines if line.startswith("SCORING_QUEUE_URL=")]
        assert written == [key if line == "ML_KMS_KEY_ID=stale" else line for line in stale] + [queue]
        assert stat.S_IMODE(deployed.env_file.stat().st_mode) == 0o600
    finally:
        deployed.env_file.write_text(whole)


def test_a_dry_run_shows_what_would_change_and_changes_nothing(deployed):
    def state():
        return (
            deployed.env_file.read_bytes(), deployed.events(), deployed.code(),
            deployed.change_sets(), deployed.versions(CODE), deployed.versions(MODELS),
        )

    before = state()
    deployed.build("mindmate-scoring", "second")
    try:
        shown = deployed.deploy("--dry-run")
    finally:
        deployed.build("mindmate-scoring", "first")
    assert re.search(r"Modify +ScoringFunction ", shown.stderr)
    assert "FanOutFunction" not in shown.stderr
    assert state() == before


def test_an_update_changes_what_is_new_and_keeps_what_was_said_before(fresh):
    fresh.deploy("--create-app-table", "--parameter", "Shards=4")
    code, key = fresh.code(), fresh.pseudonym_key()
    fresh.build("mindmate-scoring", "second")
    assert len(fresh.mappings()["realtimeTrigger"]) == 1
    updated = fresh.deploy(
        "--parameter", "LogFilter=debug", "--parameter", "MessageModel=some.model", "--no-realtime"
    )
    assert "realtimeTrigger" not in fresh.mappings()
    assert "NOBODY IS REACHED IN REAL TIME" in updated.stderr
    changed = {name for name, sha in fresh.code().items() if code[name] != sha}
    assert changed == {"mindmate-scoring"}
    assert fresh.pseudonym_key() == key
    variables = fresh.variables()
    assert (variables["MINDMATE_SHARDS"], variables["MINDMATE_LOG"]) == ("4", "debug")
    functions = fresh.client("lambda").list_functions()["Functions"]
    drafting = {
        one["FunctionName"]: one["Environment"]["Variables"]["MINDMATE_MESSAGE_MODEL"]
        for one in functions if "MINDMATE_MESSAGE_MODEL" in one["Environment"]["Variables"]
    }
    assert drafting == {"mindmate-intervention": variables["MINDMATE_MESSAGE_MODEL"]}
    assert variables["MINDMATE_MESSAGE_MODEL"] == "some.model"
    assert "EmoCompanion" in fresh.client("dynamodb").list_tables()["TableNames"]


def tell_the_bus(deployment, function, answer):
    """As Lambda tells it of an invocation that nobody waited for."""
    arn = deployment.client("lambda").get_function_configuration(FunctionName=function)["FunctionArn"]
    told = {"requestContext": {"functionArn": f"{arn}:$LATEST"}, "responsePayload": answer}
    event = {"Source": "lambda", "DetailType": "Lambda Function Invocation Result - Success", "Detail": json.dumps(told)}
    assert deployment.client("events").put_events(Entries=[event])["FailedEntryCount"] == 0


def test_with_an_image_a_set_that_the_schedule_has_prepared_starts_the_machine_and_so_does_the_watch(fresh):
    image = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/mindmate-training:1"
    fresh.deploy("--create-app-table", "--no-realtime", "--parameter", f"TrainingImageUri={image}")
    states, machine = fresh.client("stepfunctions"), fresh.variables()["RETRAINING_MACHINE_ARN"]
    definition = states.describe_state_machine(stateMachineArn=machine)["definition"]
    assert image in definition and "${" not in definition
    functions = {one["FunctionName"]: one["FunctionArn"] for one in fresh.client("lambda").list_functions()["Functions"]}
    assert functions["mindmate-judgeModel"] in definition
    prepared = {"manifestSha256": None, "reason": "too few users"}
    tell_the_bus(fresh, "mindmate-prepareTrainingData", prepared)
    [execution] = states.list_executions(stateMachineArn=machine)["executions"]
    given = states.describe_execution(executionArn=execution["executionArn"])["input"]
    assert json.loads(given) == {"prepared": prepared}

    # A day of the watch starts one where it says so, under the day's name and beside none that runs.
    watch = fresh.client("lambda").get_function_configuration(FunctionName="mindmate-monitorModel")
    assert watch["Environment"]["Variables"]["RETRAINING_MACHINE_ARN"] == machine

    def trainings(**of):
        return [one["name"] for one in states.list_executions(stateMachineArn=machine, **of)["executions"]]

    eventually(lambda: not trainings(statusFilter="RUNNING"))
    for day, starts in (("2026-12-01", False), ("2026-12-02", True)):
        tell_the_bus(fresh, "mindmate-monitorModel", {"day": day, "verdict": "drifted", "startsTraining": starts})
    eventually(lambda: len(trainings()) == 2)
    assert sorted(trainings()) == sorted(["watch-2026-12-02", execution["name"]])


# --- What it refuses -----------------------------------------------------------------------------


def test_a_dry_run_where_nothing_is_creates_nothing(fresh):
    shown = fresh.deploy("--dry-run")
    assert re.search(r"RiskAssessmentsTable +AWS::DynamoDB::Table", shown.stderr)
    assert (fresh.stacks(), fresh.buckets()) == ([], [])
    assert not fresh.env_file.exists()


def test_without_a_stream_of_the_apps_table_nothing_is_made_unless_that_is_said(fresh):
    def refused(why):
        done = fresh.run("--yes")
        assert done.returncode == 3
        assert f"refused: {why}, so that nobody could be reached" in done.stderr
        assert "--no-realtime" in done.stderr
        assert (fresh.stacks(), fresh.buckets()) == ([], [])

    refused("there is no table EmoCompanion in us-east-1")
    dynamodb = fresh.client("dynamodb")
    dynamodb.create_table(
        TableName="EmoCompanion", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    )
    refused("the table EmoCompanion has no stream")
    shown = fresh.deploy("--dry-run")
    assert "A deployment would end here" in shown.stderr

    # What the refusal says to do does it.
    [said] = re.findall(r"--stream-specification (\S+)", shown.stderr)
    specification = dict(part.split("=") for part in said.split(","))
    dynamodb.update_table(
        TableName="EmoCompanion",
        StreamSpecification={"StreamEnabled": specification["StreamEnabled"] == "true",
                             "StreamViewType": specification["StreamViewType"]},
    )
    shown = fresh.deploy("--dry-run")
    assert "refused" not in shown.stderr


def foreign_stack(fresh):
    topic = '{"Resources": {"Theirs": {"Type": "AWS::SNS::Topic"}}}'
    fresh.client("cloudformation").create_stack(StackName=STACK, TemplateBody=topic)
    fresh.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1}
    )


@pytest.mark.parametrize("action", [(), ("--dry-run",), ("--delete",)])
def test_a_stack_that_somebody_else_made_is_not_touched_unasked(fresh, action):
    foreign_stack(fresh)
    before = fresh.events()
    refused = fresh.run(*action)
    assert refused.returncode == 3
    assert f"{STACK} is there already, and was not made by this script" in refused.stderr
    assert "--yes" in refused.stderr
    assert fresh.events() == before
    assert fresh.buckets() == []
    assert not fresh.env_file.exists()


def test_a_second_stack_is_deleted_alone_when_it_is_meant_and_keeps_its_data(deployed, tmp_path):
    other = tmp_path / "other.env"
    of_trial = ("--stack-name", "Trial", "--env-file", other)
    deployed.deploy(*of_trial, "--prefix", "Trial")
    trial = variables_of(other)
    shared = {name for name, value in deployed.variables().items() if trial[name] == value}
    # Of the app's table there is one; the rest are settings.
    assert shared == {
        "APP_TABLE", "MINDMATE_SHARDS", "MINDMATE_LOG", "MINDMATE_PSEUDONYM_KEY",
        "MINDMATE_SENTIMENT_ANALYZER", "MINDMATE_COMPREHEND_RATE", "MINDMATE_OVERDUE_MINUTES",
    }
    # This stack did not make the app's table: its stream was looked up.
    [written] = deployed.mappings("trial")["realtimeTrigger"]
    assert written["EventSourceArn"] == deployed.stream()

    def names():
        return set(deployed.code()), set(deployed.client("dynamodb").list_tables()["TableNames"])

    both = names()
    assert len(both[0]) == 2 * len(BINARIES)
    refused = deployed.run(*of_trial, "--delete")
    assert refused.returncode == 3
    assert "is about to be deleted" in refused.stderr
    assert names() == both

    deleted = deployed.deploy(*of_trial, "--delete", "--yes")
    assert deployed.stacks() == [STACK]
    functions, tables = names()
    assert {name.split("-")[0] for name in functions} == {"mindmate"}
    assert tables == both[1]
    kept = {trial[name] for name in TABLES if name != "APP_TABLE"}
    assert len(kept) == 5 and kept < tables
    bucket = trial["ML_MODELS_BUCKET"]
    assert bucket in deployed.buckets()
    assert len(deployed.pseudonym_key(bucket)) == 32
    assert not [one for one in (*kept, bucket, trial["ML_KMS_KEY_ID"]) if one not in deleted.stderr]

    assert "There is no stack Trial" in deployed.deploy(*of_trial, "--delete", "--yes").stderr


def test_a_failure_is_explained_and_does_not_stand_in_the_way(fresh):
    # Without an endpoint the template has an alarm over an expression, which a local AWS refuses.
    failed = fresh.run("--no-realtime", "--parameter", "AwsEndpointUrl=")
    assert failed.returncode == 1
    explained = failed.stderr.split("What failed:")[1]
    assert re.search(r"DailyRunNotDrainedAlarm \(AWS::CloudWatch::Alarm\): .*not supported", explained)
    assert fresh.client("dynamodb").list_tables()["TableNames"] == []
    assert MODELS not in fresh.buckets()
    assert not fresh.env_file.exists()

    fresh.client("s3").create_bucket(Bucket=MODELS)
    taken = fresh.run("--no-realtime")
    assert taken.returncode == 1
    explained = taken.stderr.split("What failed:")[1]
    assert re.search(rf"ModelsBucket \(AWS::S3::Bucket\): .*{MODELS}.* exists", explained)

    fresh.client("s3").delete_bucket(Bucket=MODELS)
    fresh.deploy("--no-realtime")
    assert set(fresh.variables()) == {*FIXED, *URLS, "ML_KMS_KEY_ID"}


def test_tables_are_not_replaced_unless_that_is_said(deployed):
    before = deployed.events(), deployed.env_file.read_bytes()
    refused = deployed.run("--yes", "--parameter", "Prefix=Renamed")
    assert refused.returncode == 3, refused.stderr
    assert re.search(r"ActivityTable +AWS::DynamoDB::Table +replaced", refused.stderr.split("These hold data")[1])
    assert (deployed.events(), deployed.env_file.read_bytes()) == before
    assert not [one for one in deployed.change_sets() if one["ExecutionStatus"] == "AVAILABLE"]


# --- What it says --------------------------------------------------------------------------------


class Nowhere:
    """No AWS at all: what is refused before it is asked for."""

    @staticmethod
    def environment():
        return {"PATH": "/usr/bin:/bin", "AWS_REGION": "us-east-1"}


@pytest.fixture
def offline(tmp_path):
    return Deployment(Nowhere(), tmp_path)


def test_the_help_tells_all_options(offline):
    told = offline.run("--help")
    reading = SCRIPT.read_text().split("read_options() {")[1].split("option_with_value() {")[0]
    known = set(re.findall(r"--[a-z-]+", reading))
    assert told.returncode == 0
    assert len(known) > 10
    assert not {option for option in known if option not in told.stdout}


@pytest.mark.parametrize(("options", "expected"), [
    (["--frobnicate"], "unknown option --frobnicate"),
    (["--budget"], "--budget wants a value"),
    (["--budget", "many"], "--budget wants whole dollars, found many"),
    (["--prefix", "9lives"], "--prefix wants letters"),
    (["--parameter", "Shards"], "--parameter wants NAME=VALUE, found Shards"),
])
def test_a_wrong_option_is_named(offline, options, expected):
    wrong = offline.run(*options)
    assert wrong.returncode == 2
    assert expected in wrong.stderr


def test_without_the_cli_it_says_how_to_get_it(offline, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("bash", "dirname", "env"):
        (tools / tool).symlink_to(shutil.which(tool))
    failed = offline.run(PATH=str(tools))
    assert failed.returncode == 1
    assert "the AWS CLI is not installed: pip install awscli" in failed.stderr


# --- Its parts, by themselves --------------------------------------------------------------------


def call(tmp_path, code, aws, **environment):
    """Runs code with the script's functions, but without its main, and with this in place of the CLI."""
    tools = tmp_path / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "aws").write_text(aws)
    (tools / "aws").chmod(0o755)
    lines = SCRIPT.read_text().splitlines()
    assert lines[-1] == 'main "$@"'
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    parts = tmp_path / "parts.sh"
    settings = f"stack=Big status=CREATE_COMPLETE account=1 pause=0 work={work}"
    parts.write_text("\n".join([*lines[:-1], settings, code]))
    return subprocess.run(
        ["bash", parts], env={"PATH": f"{tools}:/usr/bin:/bin"} | environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=30, check=False,
    )


STREAM = "arn:aws:dynamodb:us-east-1:1:table/Theirs/stream/2026-01-01T00:00:00.000"
FOUND = f"printf 'True\\t{STREAM}\\n'"
NONE_SUCH = "echo 'An error occurred (ResourceNotFoundException)' >&2; exit 255"


@pytest.mark.parametrize(("given", "had", "answer", "expected"), [
    ("", {}, FOUND, f"AppTableStreamArn={STREAM}"),
    ("", {"Realtime": "true"}, FOUND, f"AppTableStreamArn={STREAM}"),
    # A stream that is off keeps its ARN for a day.
    ("", {}, f"printf 'False\\t{STREAM}\\n'", "the table EmoCompanion has no stream"),
    ("", {}, "printf 'None\\tNone\\n'", "the table EmoCompanion has no stream"),
    ("AppTableName=Theirs", {}, NONE_SUCH, "there is no table Theirs in us-east-1"),
    ("", {"AppTableName": "Theirs"}, NONE_SUCH, "there is no table Theirs in us-east-1"),
    ("", {}, "echo AccessDenied >&2; exit 255", "cannot be looked at: AccessDenied"),
    # Nothing is asked for: it is said, or the stack's own.
    ("AppTableStreamArn=arn:x", {}, "exit 9", "AppTableStreamArn=arn:x"),
    ("Realtime=false", {}, "exit 9", "AppTableStreamArn="),
    ("", {"Realtime": "false"}, "exit 9", "AppTableStreamArn="),
    ("CreateAppTable=true", {}, "exit 9", "AppTableStreamArn="),
    ("", {"CreateAppTable": "true"}, "exit 9", "AppTableStreamArn="),
])
def test_the_stream_of_the_apps_table_is_looked_up(tmp_path, given, had, answer, expected):
    values = "".join(f"*\"'{name}'\"*) echo {value} ;; " for name, value in had.items())
    aws = f'#!/bin/sh\ncase "$*" in *describe-table*) {answer} ;; {values}*) echo None ;; esac\n'
    code = f'region=us-east-1; parameters=({given}); find_app_stream; echo "${{parameters[@]}}"'
    done = call(tmp_path, code, aws)
    if expected.startswith("AppTableStreamArn="):
        assert done.returncode == 0, done.stderr
        assert done.stdout.split()[-1] == expected
    else:
        assert expected in done.stderr
        assert done.returncode == (1 if "cannot" in expected else 3)
        assert done.stdout == ""


# More than a pipe holds, as the CLI gives it: newest first, and with a second page.
MANY_EVENTS = """#!/bin/sh
case "$*" in
  *StackEvents\\[0*--no-paginate*|*--no-paginate*StackEvents\\[0*) echo event-9999 ;;
  *StackEvents\\[0*) printf 'event-9999\\nevent-4999\\n' ;;
  *describe-stack-events*) seq 9999 -1 1 | sed 's/.*/event-&\tCREATE_COMPLETE\tName&\tAWS::Some::Type\tNone/' ;;
  *describe-stacks*) echo CREATE_COMPLETE ;;
esac
"""


def test_events_of_more_than_a_page_are_read_to_their_end(tmp_path):
    done = call(tmp_path, "newest_event; events_after Big event-9997", MANY_EVENTS)
    assert done.returncode == 0, done.stderr
    newest, *after = done.stdout.splitlines()
    assert newest == "event-9999"
    assert [line.split("\t")[0] for line in after] == ["event-9998", "event-9999"]


def test_what_is_kept_is_looked_for_on_all_pages(tmp_path):
    pages = """#!/bin/sh
[ "$2" = list-stack-resources ] || exit 1
for i in $(seq 100); do printf 'AWS::SQS::Queue\tqueue-%s\tCREATE_COMPLETE\n' "$i"; done
printf 'AWS::DynamoDB::Table\tlast\tCREATE_COMPLETE\nAWS::S3::Bucket\tgone\tDELETE_COMPLETE\n'
"""
    done = call(tmp_path, "kept", pages)
    assert (done.returncode, done.stdout) == (0, "AWS::DynamoDB::Table\tlast\n")


def test_every_bucket_is_expected_to_be_the_accounts_own(tmp_path):
    calls = tmp_path / "calls"
    done = call(
        tmp_path,
        "code_bucket=code partition=aws region=us-east-1 template=$0\n"
        "make_code_bucket; list_code; upload_template; make_folders models; make_pseudonym_key models",
        f'#!/bin/sh\necho "$*" >> "{calls}"\ncase $2 in *policy) exit 0 ;; head-*) echo 404 >&2; exit 1 ;; esac\n',
    )
    assert done.returncode == 0, done.stderr
    made = [line for line in calls.read_text().splitlines() if line.startswith("s3api ")]
    assert len(made) > 10
    # A bucket that is about to be made has no owner yet.
    unguarded = [line for line in made if "--expected-bucket-owner 1 " not in line]
    assert [line.split()[1] for line in unguarded] == ["create-bucket"]


def test_where_nobody_says_whose_account_it_is_nothing_is_made(tmp_path):
    calls = tmp_path / "calls"
    no_sts = f'#!/bin/sh\necho "$*" >> "{calls}"\nexit 1\n'
    code = "main --region us-east-1 --no-build --yes"
    for endpoint in ({}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}):
        failed = call(tmp_path, code, no_sts, **endpoint)
        assert failed.returncode == 1
        assert "AWS does not know who asks" in failed.stderr
        assert ("has to offer STS" in failed.stderr) == bool(endpoint)
    assert {line.split()[0] for line in calls.read_text().splitlines()} == {"sts"}


CHANGES = """#!/bin/sh
case "$*" in
  *describe-change-set*)
    printf 'Modify\\tScoringFunction\\tAWS::Lambda::Function\\tTrue\\n'
    printf 'Modify\\tActivityTable\\tAWS::DynamoDB::Table\\tFalse\\n'
    printf 'Add\\tNewQueue\\tAWS::SQS::Queue\\tNone\\n'
    %s ;;
  *) echo "$2" >> "$CALLS" ;;
esac
"""
LOSSES = [
    ("Modify", "RiskAssessmentsTable", "AWS::DynamoDB::Table", "True", "replaced"),
    ("Modify", "OutcomesStream", "AWS::Kinesis::Stream", "Conditional", "perhaps replaced"),
    ("Dynamic", "ScoringQueue", "AWS::SQS::Queue", "None", "perhaps replaced"),
    ("Remove", "FanOutQueue", "AWS::SQS::Queue", "None", "removed"),
    ("Remove", "ModelsBucket", "AWS::S3::Bucket", "None", "removed"),
    ("Modify", "Key", "AWS::KMS::Key", "True", "replaced"),
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss[1])
def test_what_holds_data_is_replaced_or_removed_only_where_that_is_said(tmp_path, loss):
    *change, what = loss
    aws = CHANGES % ("printf '%s\\n' '" + "\t".join(change) + "'")
    calls = tmp_path / "calls"

    def run(code):
        return call(tmp_path, f"change_set=set; {code}; guard_losses; echo went on", aws, CALLS=str(calls))

    refused = run("yes=true")
    assert refused.returncode == 3
    assert re.search(rf"{change[1]} +{change[2]} +{what}\n", refused.stderr)
    assert not [name for name in ("ScoringFunction", "ActivityTable", "NewQueue") if name in refused.stderr]
    assert "say --replace" in refused.stderr
    assert calls.read_text().split() == ["delete-change-set"]
    meant = run("replace=true")
    assert (meant.returncode, meant.stdout) == (0, "went on\n")
    shown = run("action=dry-run")
    assert (shown.returncode, shown.stdout) == (0, "went on\n")
    assert change[1] in shown.stderr


def test_other_changes_are_made_unasked(tmp_path):
    done = call(tmp_path, "change_set=set; guard_losses; echo went on", CHANGES % ":")
    assert (done.returncode, done.stdout, done.stderr) == (0, "went on\n", "")


def outputs(**values):
    lines = "\n".join(f"{name}\t{value}" for name, value in values.items())
    return f"#!/bin/sh\ncat <<'END'\n{lines}\nEND\n"


def read_by_a_shell(env_file, name):
    return subprocess.run(
        ["sh", "-c", f'set -a; . "$0"; env | sed -n "s/^{name}=//p"', env_file],
        env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=10, check=True,
    ).stdout.removesuffix("\n")


def read_by_a_program(env_file, name):
    """As shared/host/src/config/env_file.rs does: quotes, no escapes, a comment behind a space."""
    [value] = re.findall(rf"^{name}=(.*)$", env_file.read_text(), re.MULTILINE)
    if value[:1] in ("'", '"'):
        value, rest = value[1:].split(value[0], 1)
        assert not rest
        return value
    return re.split(r"\s#", value)[0]


@pytest.mark.parametrize(("value", "written"), [
    ("info", "info"),
    ("https://sqs.us-east-1.amazonaws.com/1/a-b", "https://sqs.us-east-1.amazonaws.com/1/a-b"),
    ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/a"),
    ("info,mindmate=debug", "info,mindmate=debug"),
    ("info,[span{user=1}]=trace", "'info,[span{user=1}]=trace'"),
    ("a # b", "'a # b'"),
    ("$HOME `id` \"x\" a\\b & ; ~ *", "'$HOME `id` \"x\" a\\b & ; ~ *'"),
    ("it's", '"it\'s"'),
    ("~/a", "'~/a'"),
])
def test_a_value_is_read_alike_by_a_shell_and_by_the_programs(tmp_path, value, written):
    env_file = tmp_path / ".env"
    done = call(tmp_path, f"env_file={env_file}; read_variables; write_env", outputs(MindmateLog=value))
    assert done.returncode == 0, done.stderr
    assert env_file.read_text().splitlines()[0] == f"MINDMATE_LOG={written}"
    assert read_by_a_shell(env_file, "MINDMATE_LOG") == value
    assert read_by_a_program(env_file, "MINDMATE_LOG") == value


def test_a_value_that_no_quotes_hold_is_not_written(tmp_path):
    env_file = tmp_path / ".env"
    done = call(tmp_path, f"env_file={env_file}; read_variables; write_env", outputs(A="a", MindmateLog="it's $1"))
    assert done.returncode == 1
    assert "the value of MINDMATE_LOG " in done.stderr
    assert not env_file.exists()


def test_a_variable_that_the_stack_no_longer_has_goes_where_the_script_wrote_it(tmp_path):
    env_file = tmp_path / ".env"
    code = f"env_file={env_file}; read_variables; write_env"
    env_file.write_text("MINE=1\n")
    assert call(tmp_path, code, outputs(A="1", MindmateMessageModel="m")).returncode == 0
    mark = "# Written by deploy-ml-stack.sh, other lines are kept:"
    assert env_file.read_text() == f"MINE=1\nA=1\nMINDMATE_MESSAGE_MODEL=m\n{mark} A MINDMATE_MESSAGE_MODEL\n"
    with env_file.open("a") as file:
        file.write("LAST=2\n")
    assert call(tmp_path, code, outputs(A="2", B="3")).returncode == 0
    assert env_file.read_text() == f"MINE=1\nA=2\n{mark} A B\nLAST=2\nB=3\n"
    # What somebody set by hand is theirs.
    with env_file.open("a") as file:
        file.write("MINDMATE_MESSAGE_MODEL=own\n")
    assert call(tmp_path, code, outputs(A="2", B="3")).returncode == 0
    assert "MINDMATE_MESSAGE_MODEL=own\n" in env_file.read_text()


@pytest.mark.parametrize(("answer", "expected"), [
    ("", "Nobody is subscribed: run this again with --email"),
    ("echo PendingConfirmation", "The subscription waits: confirm it"),
    ("echo PendingConfirmation; echo arn:aws:sns:us-east-1:1:topic:id", None),
    ("echo AccessDenied >&2; exit 1", "cannot be seen: AccessDenied"),
])
def test_it_is_loud_where_nobody_hears_of_alarms(tmp_path, answer, expected):
    done = call(tmp_path, "warn_of_silence arn:aws:sns:us-east-1:1:topic", f"#!/bin/sh\n{answer}\n")
    assert done.returncode == 0
    if expected is None:
        assert done.stderr == ""
    else:
        assert expected in done.stderr
        assert ("NOBODY HEARS" in done.stderr) == ("cannot be seen" not in done.stderr)


@pytest.mark.parametrize("value", ["plain", 'a "b"', "a\\b", "a&b", "\\\"", ""])
def test_a_parameters_value_becomes_json(tmp_path, value):
    done = call(tmp_path, 'parameter_json Name "$VALUE"', "#!/bin/sh\n", VALUE=value)
    assert json.loads(done.stdout) == {"ParameterKey": "Name", "ParameterValue": value}


NOT_ON_A_MAC = {  # its bash is 3.2, its tools are BSD's
    r"\$\{\w+(,,?|\^\^?)\}": "case by expansion",
    r"\$\{\w+@[A-Za-z]\}": "transformed expansion",
    r"\b(mapfile|readarray|coproc)\b": "bash 4",
    r"\b(declare|local|typeset) -[a-zA-Z]*[Ang]": "bash 4",
    r"&>>|\|&|;;&|;&": "bash 4",
    r"\[\[ -v ": "bash 4.2",
    r"\b(tac|timeout|realpath|nproc)\b": "not there",
    r"\breadlink -f|\bdate -d|\bsed -i|\bgrep -P|\bstat -c|\bhead -n -": "GNU's options",
    r"\bsed [^|]*\\[tn+?]": "GNU's escapes",
}


@pytest.mark.parametrize("pattern", NOT_ON_A_MAC)
def test_the_script_runs_on_a_mac(pattern):
    code = [line for line in SCRIPT.read_text().splitlines() if not line.lstrip().startswith("#")]
    assert not [line for line in code if re.search(pattern, line)], NOT_ON_A_MAC[pattern]


# --- Building ------------------------------------------------------------------------------------


FAKE_CARGO = """#!/bin/sh
echo "$@" >> "$CARGO_TARGET_DIR/calls"
for package; do :; done
mkdir -p "$CARGO_TARGET_DIR/function"
echo "$package" > "$CARGO_TARGET_DIR/function/$package"
"""


def test_each_function_is_built_by_itself(fresh, tmp_path):
    tools, target = tmp_path / "tools", tmp_path / "target"
    tools.mkdir()
    target.mkdir()
    (tools / "cargo").write_text(FAKE_CARGO)
    (tools / "cargo").chmod(0o755)
    # The script's tools alone: a cargo-lambda of this machine would build otherwise.
    path = f"{tools}:{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        [SCRIPT, "--dry-run"], env=fresh.aws.environment() | {"PATH": path, "CARGO_TARGET_DIR": str(target)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )
    assert done.returncode == 0, done.stderr
    calls = (target / "calls").read_text().splitlines()
    assert calls == [f"build --profile function --locked --package {binary}" for binary in BINARIES]
    assert "cargo-lambda is not installed" in done.stderr


def test_functions_of_two_architectures_are_refused(fresh):
    for binary in BINARIES:
        machine = 62 if binary == BINARIES[0] else 183
        (fresh.artifacts / binary).write_bytes(b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little"))
    failed = fresh.run("--dry-run")
    assert failed.returncode == 1
    assert f"expected all functions for x86_64, found {BINARIES[1]} for arm64" in failed.stderr


def test_an_artefact_that_is_missing_is_named_before_anything_is_made(fresh):
    (fresh.artifacts / "mindmate-scoring").unlink()
    failed = fresh.run("--no-realtime")
    assert failed.returncode == 1
    assert re.search(r"expected mindmate-scoring as .*, found none", failed.stderr)
    assert (fresh.stacks(), fresh.buckets()) == ([], [])
