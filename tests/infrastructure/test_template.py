"""What no linter checks: that the template keeps the design's numbers and promises."""

import json
import re
from collections import Counter

import pytest

from conftest import ROOT

QUEUES = {  # logical name: the function that consumes it
    "FanOutQueue": "FanOutFunction",
    "TextsQueue": "SentimentFunction",
    "AssessmentsQueue": "FeatureExtractionFunction",
    "AssessmentsPriorityQueue": "FeatureExtractionFunction",
    "ScoringQueue": "ScoringFunction",
    "ScoringPriorityQueue": "ScoringFunction",
    "InterventionsQueue": "InterventionFunction",
    "InterventionsPriorityQueue": "InterventionFunction",
}
STREAMS = {  # whose poison goes where, and the function that consumes it
    "AppTable": "RealtimeTriggerFunction",
    "Activity": "ActivityIngestFunction",
    "Outcomes": "RunReportFunction",
}
STAGES = [
    "FanOut", "FeatureExtraction", "Scoring", "Intervention",
    "RealtimeTrigger", "Sentiment", "ActivityIngest", "RunReport",
]
ALWAYS = {"MINDMATE_SHARDS", "MINDMATE_LOG", "AWS_ENDPOINT_URL"}
# What each program needs, as `Program::needs` in shared/host says; intervention also takes a model, and monitorModel
# whether there is a machine that trains.
ENVIRONMENT = {
    "OrchestratorFunction": {"ASSESSMENT_RUNS_TABLE", "FAN_OUT_QUEUE_URL"},
    "TrainingDataFunction": {"APP_TABLE", "ML_MODELS_BUCKET"},
    "JudgeModelFunction": {
        "TRAINING_JOBS_TABLE", "INTERVENTIONS_TABLE", "ML_ALERTS_SNS_TOPIC", "ML_MODELS_BUCKET",
    },
    "MonitorModelFunction": {
        "APP_TABLE", "RISK_ASSESSMENTS_TABLE", "ASSESSMENT_RUNS_TABLE", "INTERVENTIONS_TABLE",
        "ML_ALERTS_SNS_TOPIC", "ML_MODELS_BUCKET", "RETRAINING_MACHINE_ARN",
    },
    "FanOutFunction": {
        "ACTIVITY_TABLE", "ASSESSMENT_RUNS_TABLE", "RISK_ASSESSMENTS_TABLE",
        "FAN_OUT_QUEUE_URL", "FAN_OUT_DLQ_URL",
        "ASSESSMENTS_QUEUE_URL", "ASSESSMENTS_PRIORITY_QUEUE_URL",
    },
    "FeatureExtractionFunction": {
        "APP_TABLE", "INTERVENTIONS_TABLE", "OUTCOMES_STREAM",
        "ASSESSMENTS_QUEUE_URL", "ASSESSMENTS_DLQ_URL",
        "ASSESSMENTS_PRIORITY_QUEUE_URL", "ASSESSMENTS_PRIORITY_DLQ_URL",
        "SCORING_QUEUE_URL", "SCORING_PRIORITY_QUEUE_URL", "TEXTS_QUEUE_URL",
    },
    "ScoringFunction": {
        "APP_TABLE", "INTERVENTIONS_TABLE", "ML_ALERTS_SNS_TOPIC", "ML_MODELS_BUCKET",
        "OUTCOMES_STREAM", "RISK_ASSESSMENTS_TABLE",
        "SCORING_QUEUE_URL", "SCORING_DLQ_URL",
        "SCORING_PRIORITY_QUEUE_URL", "SCORING_PRIORITY_DLQ_URL",
        "INTERVENTIONS_QUEUE_URL", "INTERVENTIONS_PRIORITY_QUEUE_URL",
    },
    "InterventionFunction": {
        "APP_TABLE", "INTERVENTIONS_TABLE", "ML_ALERTS_SNS_TOPIC", "ML_MODELS_BUCKET",
        "OUTCOMES_STREAM", "RISK_ASSESSMENTS_TABLE",
        "INTERVENTIONS_QUEUE_URL", "INTERVENTIONS_DLQ_URL",
        "INTERVENTIONS_PRIORITY_QUEUE_URL", "INTERVENTIONS_PRIORITY_DLQ_URL",
        "MINDMATE_MESSAGE_MODEL",
    },
    "RealtimeTriggerFunction": {
        "APP_TABLE", "ACTIVITY_TABLE", "ASSESSMENT_RUNS_TABLE", "APP_TABLE_DLQ_URL",
        "ASSESSMENTS_PRIORITY_QUEUE_URL", "TEXTS_QUEUE_URL",
    },
    "SentimentFunction": {
        "APP_TABLE", "TEXTS_QUEUE_URL", "TEXTS_DLQ_URL",
        "MINDMATE_SENTIMENT_ANALYZER", "MINDMATE_COMPREHEND_RATE",
    },
    "ActivityIngestFunction": {
        "APP_TABLE", "ACTIVITY_TABLE", "ASSESSMENT_RUNS_TABLE", "ACTIVITY_STREAM", "ACTIVITY_DLQ_URL",
    },
    "RunReportFunction": {"ASSESSMENT_RUNS_TABLE", "OUTCOMES_STREAM", "OUTCOMES_DLQ_URL"},
    "RunClosingFunction": {
        "ASSESSMENT_RUNS_TABLE", "RISK_ASSESSMENTS_TABLE", "INTERVENTIONS_TABLE",
        "ML_ALERTS_SNS_TOPIC", "ML_MODELS_BUCKET", "MINDMATE_OVERDUE_MINUTES",
    },
}
KEYS = {  # table: its keys as the ports in shared/aws name them
    "RiskAssessmentsTable": ["userId", "timestamp"],
    "InterventionsTable": ["interventionId"],
    "TrainingJobsTable": ["jobId"],
    "AssessmentRunsTable": ["runId", "part"],
    "ActivityTable": ["bucket", "userId"],
    "AppTable": ["PK", "SK"],
}
INDEXES = {
    "UserInterventionsIndex": ["userId", "timestamp"],
    "ReviewIndex": ["reviewState", "reviewOrder"],
}
# Where a statement says Resource *, and why no resource can be named.
ANY_RESOURCE = {
    ("Key", "AccountByIam"): "in a key's policy, * is the key",
    ("Key", "LogsOfOurs"): "in a key's policy, * is the key",
    ("Key", "ServicesThatSendToUs"): "in a key's policy, * is the key",
    ("QueuesPolicy", "TlsOnly"): "in a queue's policy, * is the queue",
    ("MLLambdaRole", "comprehend:BatchDetectSentiment comprehend:DetectSentiment"):
        "these calls take no resource",
    ("UseComprehendPolicy", "comprehend:BatchDetectSentiment"): "this call takes no resource",
    ("ReadAppTableStreamPolicy", "dynamodb:ListStreams"): "this call takes no resource",
    ("ActivityIngestRole", "kinesis:ListStreams"): "this call takes no resource",
    ("RunReportRole", "kinesis:ListStreams"): "this call takes no resource",
    ("SageMakerRole", "cloudwatch:PutMetricData"): "metrics have no resource",
    ("SageMakerRole", "ecr:GetAuthorizationToken"): "this call takes no resource",
    ("RetrainingRole", "Logs"): "log deliveries take no resource",
    ("RetrainingRole", "Traces"): "traces take no resource",
    ("AskedTrainingRole", "Logs"): "log deliveries take no resource",
    ("AskedTrainingRole", "Traces"): "traces take no resource",
}


def of_type(template, kind):
    found = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == f"AWS::{kind}"
    }
    assert found, f"no resource is a {kind}"
    return found


def listed(value):
    return value if isinstance(value, list) else [value]


def target(value):
    """The logical name that a !Ref or !GetAtt points at; of an !If where its condition holds."""
    if "Fn::If" in value:
        return target(value["Fn::If"][1])
    if "Ref" in value:
        return value["Ref"]
    return listed(value["Fn::GetAtt"])[0].split(".")[0]


def mappings_of(template, queue):
    mappings = of_type(template, "Lambda::EventSourceMapping").values()
    return [one for one in mappings if target(one["EventSourceArn"]) == queue]


def statements(template):
    """All statements of all policies: resource, name of the statement, statement."""
    for name, resource in template["Resources"].items():
        properties = resource["Properties"]
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        documents += [properties[key] for key in ("PolicyDocument", "KeyPolicy") if key in properties]
        for document in documents:
            for statement in document["Statement"]:
                statement = statement.get("Fn::If", [None, statement])[1]
                label = statement.get("Sid") or " ".join(sorted(listed(statement["Action"])))
                yield name, label, statement


def dlqs(template):
    return {name for name in of_type(template, "SQS::Queue") if name.endswith("Dlq")}


# --- Queues and streams --------------------------------------------------------------------------


def test_there_is_a_queue_for_each_step_of_the_way_with_a_dlq_of_its_own(template):
    queues = of_type(template, "SQS::Queue")
    own = [target(queues[name]["RedrivePolicy"]["deadLetterTargetArn"]) for name in QUEUES]
    assert own == [name.replace("Queue", "Dlq") for name in QUEUES]
    assert dlqs(template) == {*own, *(f"{stream}Dlq" for stream in STREAMS), "SchedulesDlq"}
    assert set(queues) == {*QUEUES, *dlqs(template)}


@pytest.mark.parametrize("queue", QUEUES)
def test_a_message_stays_hidden_for_six_tries_of_its_function(template, queue):
    [mapping] = mappings_of(template, queue)
    assert target(mapping["FunctionName"]) == QUEUES[queue]
    timeout = of_type(template, "Lambda::Function")[QUEUES[queue]]["Timeout"]
    visibility = of_type(template, "SQS::Queue")[queue]["VisibilityTimeout"]
    assert visibility >= 6 * (timeout + mapping["MaximumBatchingWindowInSeconds"])


@pytest.mark.parametrize("queue", QUEUES)
def test_the_redrive_policy_is_the_backstop_and_the_dlq_keeps_longer(template, queue):
    queues = of_type(template, "SQS::Queue")
    assert queues[queue]["RedrivePolicy"]["maxReceiveCount"] == 10
    dead = queues[target(queues[queue]["RedrivePolicy"]["deadLetterTargetArn"])]
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert queues[queue]["MessageRetentionPeriod"] < dead["MessageRetentionPeriod"]


def test_every_mapping_answers_by_record(template):
    for name, mapping in of_type(template, "Lambda::EventSourceMapping").items():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        assert 10 <= mapping["BatchSize"] <= 100, name


@pytest.mark.parametrize("queue", QUEUES)
def test_each_queue_has_concurrency_of_its_own_and_a_priority_one_waits_for_no_window(template, queue):
    [mapping] = mappings_of(template, queue)
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
    assert mapping["MaximumBatchingWindowInSeconds"] == (0 if "Priority" in queue else 1)


@pytest.mark.parametrize("queue", [name for name in QUEUES if "Priority" in name])
def test_who_cannot_wait_waits_behind_nobody_who_can(template, queue):
    """R9.7: each priority queue has a mapping of its own to the function of its twin, and concurrency
    that the twin's cannot take."""
    [own], [twins] = mappings_of(template, queue), mappings_of(template, queue.replace("Priority", ""))
    assert own is not twins
    assert own["FunctionName"] == twins["FunctionName"]
    for mapping in (own, twins):
        assert mapping["ScalingConfig"]["MaximumConcurrency"] <= 50
    # Nothing is taken away from the one by reserving for the other.
    function = of_type(template, "Lambda::Function")[target(own["FunctionName"])]
    assert "ReservedConcurrentExecutions" not in function


def test_all_queues_at_once_stay_below_the_concurrency_of_an_account(template):
    mappings = of_type(template, "Lambda::EventSourceMapping").values()
    bounds = [one["ScalingConfig"]["MaximumConcurrency"] for one in mappings if "ScalingConfig" in one]
    assert len(bounds) == len(QUEUES)
    # Of a thousand, with room for streams and whatever else the account runs.
    assert sum(bounds) <= 500


@pytest.mark.parametrize("name", ["Activity", "Outcomes"])
def test_a_streams_mapping_loses_nothing_and_is_not_held_up_for_ever(template, name):
    [mapping] = mappings_of(template, f"{name}Stream")
    stream = of_type(template, "Kinesis::Stream")[f"{name}Stream"]
    assert target(mapping["FunctionName"]) == STREAMS[name]
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BisectBatchOnFunctionError"] is True
    # By age alone: after a number of retries good records would be dropped.
    assert mapping["MaximumRetryAttempts"] == -1
    # Not before the stream forgets, and with a bound: the longest that Lambda takes is seven days.
    assert stream["RetentionPeriodHours"] * 3600 <= mapping["MaximumRecordAgeInSeconds"] <= 604_800
    assert target(mapping["DestinationConfig"]["OnFailure"]["Destination"]) == f"{name}Dlq"


THE_APPS_STREAM = {"Fn::If": ["HasGivenStream", {"Ref": "AppTableStreamArn"}, {"Fn::GetAtt": ["AppTable", "StreamArn"]}]}
DAY = 24 * 3600


def test_what_people_write_is_read_at_once_and_by_nobody_but_the_trigger(template):
    resource = template["Resources"]["AppTableMapping"]
    mapping = resource["Properties"]
    assert resource["Condition"] == "HasRealtime"
    assert target(mapping["FunctionName"]) == STREAMS["AppTable"]
    assert mapping["EventSourceArn"] == THE_APPS_STREAM
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    # They wait for it: no window, and nobody behind somebody else's batch.
    assert mapping["MaximumBatchingWindowInSeconds"] == 0
    assert mapping["ParallelizationFactor"] == 10


def test_a_change_of_the_apps_table_is_given_up_by_the_function_before_the_mapping_drops_it(template):
    mapping = template["Resources"]["AppTableMapping"]["Properties"]
    assert mapping["BisectBatchOnFunctionError"] is True
    retry = (ROOT / "shared" / "pipeline" / "src" / "retry.rs").read_text()
    [attempts] = re.findall(r"attempts: (\d+)", retry)
    # However its failures are dealt to the processes of a shard, one of them has counted to the last.
    most = mapping["ParallelizationFactor"] * (int(attempts) - 1) + 1
    assert most <= 1 + mapping["MaximumRetryAttempts"] <= 50
    # The table's stream remembers a day: no change is dropped sooner for its age, none held up longer.
    assert mapping["MaximumRecordAgeInSeconds"] == DAY
    assert target(mapping["DestinationConfig"]["OnFailure"]["Destination"]) == "AppTableDlq"


def test_the_filter_passes_every_change_that_the_trigger_would_take(template):
    mapping = template["Resources"]["AppTableMapping"]["Properties"]
    [only] = mapping["FilterCriteria"]["Filters"]
    table = (ROOT / "shared" / "contracts" / "src" / "app_table" / "mod.rs").read_text()
    [prefix] = re.findall(r'USER_PREFIX: &str = "(.*)"', table)
    # Keys alone, so that a stream of keys will do.
    assert json.loads(only["Pattern"]) == {"dynamodb": {"Keys": {"PK": {"S": [{"prefix": prefix}]}}}}


def test_without_a_stream_of_the_apps_table_there_is_no_real_time_and_that_has_to_be_said(template):
    conditions = template["Conditions"]
    assert template["Parameters"]["Realtime"]["Default"] == "true"
    assert conditions["HasRealtime"] == {"Fn::And": [
        {"Fn::Equals": [{"Ref": "Realtime"}, "true"]},
        {"Fn::Or": [{"Condition": "HasAppTable"}, {"Condition": "HasGivenStream"}]},
    ]}
    [rule] = template["Rules"].values()
    [assertion] = rule["Assertions"]
    assert assertion["Assert"] == conditions["HasGivenStream"]
    found = {name for name, one in template["Resources"].items() if one.get("Condition") == "HasRealtime"}
    assert found == {"AppTableMapping", "ReadAppTableStreamPolicy", "RealtimeSilentAlarm"}


def test_no_more_calls_go_to_comprehend_than_a_new_account_has(template):
    [mapping] = mappings_of(template, "TextsQueue")
    processes = mapping["ScalingConfig"]["MaximumConcurrency"]
    assert processes * template["Parameters"]["ComprehendRate"]["Default"] <= 10
    # A call takes 25 texts.
    assert mapping["BatchSize"] == 25
    assert template["Parameters"]["SentimentAnalyzer"]["Default"] == "comprehend"
    assert template["Parameters"]["SentimentAnalyzer"]["AllowedValues"] == ["comprehend", "local"]


# --- Functions -----------------------------------------------------------------------------------


def test_every_function_gets_what_its_program_needs_and_no_more(template):
    functions = of_type(template, "Lambda::Function")
    found = {name: set(one["Environment"]["Variables"]) - ALWAYS for name, one in functions.items()}
    assert found == ENVIRONMENT
    assert all(ALWAYS <= set(one["Environment"]["Variables"]) for one in functions.values())


def test_a_variable_holds_what_its_name_says(template):
    """Each variable equals the output of its name: what .env says is what the functions have."""
    outputs = {screaming(key): one["Value"] for key, one in template["Outputs"].items()}
    for name, function in of_type(template, "Lambda::Function").items():
        for variable, value in function["Environment"]["Variables"].items():
            if "Fn::If" in value:  # [condition, value, nothing]
                value = value["Fn::If"][1]
            if variable != "AWS_ENDPOINT_URL":
                assert value == outputs[variable], f"{name} {variable}"


def test_the_functions_have_the_names_of_the_setup_document(template):
    functions = of_type(template, "Lambda::Function").values()
    assert {one["FunctionName"]["Fn::Sub"] for one in functions} == {
        "${LowercasePrefix}-" + name
        for name in (
            "riskAssessmentOrchestrator", "prepareTrainingData", "judgeModel", "monitorModel", "fanOut",
            "featureExtraction", "scoring", "intervention", "realtimeTrigger", "sentiment", "activityIngest",
            "runReport", "runClosing",
        )
    }
    assert all(one["Runtime"] == "provided.al2023" for one in functions)
    assert template["Parameters"]["Architecture"]["Default"] == "arm64"


def test_every_function_logs_into_a_group_of_its_own_name_that_ends(template):
    groups = of_type(template, "Logs::LogGroup")
    for name, function in of_type(template, "Lambda::Function").items():
        group = groups[target(function["LoggingConfig"]["LogGroup"])]
        assert group["LogGroupName"]["Fn::Sub"] == "/aws/lambda/" + function["FunctionName"]["Fn::Sub"], name
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_each_stage_has_a_role_of_its_own(template):
    functions = of_type(template, "Lambda::Function")
    roles = {name: target(one["Role"]) for name, one in functions.items()}
    assert {stage: roles[f"{stage}Function"] for stage in STAGES} == {
        stage: f"{stage}Role" for stage in STAGES
    }
    assert Counter(roles.values()).most_common(1)[0][1] == 1, roles


def test_schedules_start_their_functions_and_nobody_else_may(template):
    rules, functions = of_type(template, "Events::Rule"), {}
    for rule in rules.values():
        [only] = rule["Targets"]
        assert target(only["DeadLetterConfig"]["Arn"]) == "SchedulesDlq"
        if "ScheduleExpression" in rule:
            functions[rule["ScheduleExpression"]] = target(only["Arn"])
    assert functions == {
        "cron(0 6 * * ? *)": "OrchestratorFunction",
        "cron(0 3 1 * ? *)": "TrainingDataFunction",
        "cron(0 8 * * ? *)": "MonitorModelFunction",
        "rate(5 minutes)": "RunClosingFunction",
    }
    # Without a daily run there is nothing new to look at.
    states = {name: rule["State"] for name, rule in rules.items() if "ScheduleExpression" in rule}
    assert states["MonitorSchedule"] == states["DailySchedule"] == {"Ref": "DailyScheduleState"}
    allowed = {
        target(one["FunctionName"]): target(one["SourceArn"])
        for one in of_type(template, "Lambda::Permission").values()
    }
    assert allowed == {
        "OrchestratorFunction": "DailySchedule", "TrainingDataFunction": "MonthlySchedule",
        "RunClosingFunction": "ClosingSchedule", "MonitorModelFunction": "MonitorSchedule",
    }
    assert template["Parameters"]["DailyScheduleState"]["Default"] == "ENABLED"
    assert template["Parameters"]["MonthlyScheduleState"]["Default"] == "DISABLED"


# --- Permissions ---------------------------------------------------------------------------------


def test_a_resource_is_named_wherever_one_can_be(template):
    found = {(name, label) for name, label, one in statements(template) if "*" in listed(one["Resource"])}
    assert found == set(ANY_RESOURCE)


def test_no_role_may_everything_of_a_service(template):
    for name, label, statement in statements(template):
        if statement["Effect"] == "Allow" and name != "Key":
            assert not [action for action in listed(statement["Action"]) if "*" in action], (name, label)


def granted(template, role):
    """What a role may do, by logical name of the resource."""
    grants = {}
    for name, _, statement in statements(template):
        if name == role:
            for resource in listed(statement["Resource"]):
                at = resource if resource == "*" else resource.get("Fn::Sub") or target(resource)
                at = "AppTable" if "${AppTableName}" in at else re.sub(r"^\$\{(\w+)\.Arn}", r"\1", at)
                grants.setdefault(at, set()).update(listed(statement["Action"]))
    return grants


LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
CONSUME = {
    "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes",
}
SEND = {"sqs:SendMessage"}
READ = {
    "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
    "kinesis:GetShardIterator", "kinesis:ListShards",
}
OUTCOMES = {"OutcomesStream": {"kinesis:PutRecords"}}
PSEUDONYMS = {"ModelsBucket/config/*": {"s3:GetObject"}}
PAGE = {"AlertsTopic": {"sns:Publish"}}
BUS = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"


def tables(**calls):
    return {name: {f"dynamodb:{call}" for call in found.split()} for name, found in calls.items()}


GRANTS = {
    "RunReportRole": {
        "RunReportLog": LOG, "OutcomesDlq": SEND, "OutcomesStream": READ,
        "*": {"kinesis:ListStreams"},
        **tables(AssessmentRunsTable="GetItem PutItem UpdateItem"),
    },
    "RealtimeTriggerRole": {
        "RealtimeTriggerLog": LOG, "AppTableDlq": SEND, "AssessmentsPriorityQueue": SEND, "TextsQueue": SEND,
        **tables(
            AppTable="GetItem", ActivityTable="GetItem PutItem UpdateItem",
            AssessmentRunsTable="GetItem PutItem",
        ),
    },
    "ReadAppTableStreamPolicy": {
        **tables(**{"AppTableStreamArn": "DescribeStream GetRecords GetShardIterator", "*": "ListStreams"}),
    },
    "SentimentRole": {
        "SentimentLog": LOG, "TextsQueue": CONSUME, "TextsDlq": SEND,
        **tables(AppTable="GetItem PutItem DeleteItem"),
    },
    "UseComprehendPolicy": {"*": {"comprehend:BatchDetectSentiment"}},
    "ActivityIngestRole": {
        "ActivityIngestLog": LOG, "ActivityDlq": SEND, "ActivityStream": READ,
        "*": {"kinesis:ListStreams"},
        **tables(
            AppTable="GetItem PutItem DeleteItem", ActivityTable="GetItem PutItem",
            AssessmentRunsTable="GetItem PutItem",
        ),
    },
    "PutActivityPolicy": {"ActivityStream": {"kinesis:PutRecord", "kinesis:PutRecords"}, "Key": {"kms:GenerateDataKey"}},
    "JudgeModelRole": {
        "JudgeModelLog": LOG, **PAGE,
        "ModelsBucket": {"s3:ListBucket"},
        "ModelsBucket/models/*": {"s3:GetObject", "s3:PutObject"},
        "ModelsBucket/training/*": {"s3:GetObject"},
        **tables(TrainingJobsTable="GetItem PutItem", InterventionsTable="GetItem PutItem"),
    },
    "MonitorModelRole": {
        "MonitorModelLog": LOG, "SchedulesDlq": SEND, **PSEUDONYMS, **PAGE,
        "ModelsBucket": {"s3:ListBucket"}, "ModelsBucket/models/*": {"s3:GetObject"},
        # By this its answer reaches the rule that has a training started. It starts nothing itself.
        BUS: {"events:PutEvents"},
        **tables(
            AppTable="Scan Query", RiskAssessmentsTable="BatchGetItem",
            AssessmentRunsTable="PutItem Query", InterventionsTable="GetItem PutItem",
        ),
    },
    "RunClosingRole": {
        "RunClosingLog": LOG, **PSEUDONYMS, **PAGE,
        **tables(
            AssessmentRunsTable="GetItem Query UpdateItem", RiskAssessmentsTable="BatchGetItem",
            InterventionsTable="GetItem PutItem",
        ),
    },
    "OrchestratorRole": {
        "OrchestratorLog": LOG, "FanOutQueue": SEND, "SchedulesDlq": SEND,
        **tables(AssessmentRunsTable="GetItem PutItem Query"),
    },
    "FanOutRole": {
        "FanOutLog": LOG, "FanOutQueue": CONSUME | SEND, "FanOutDlq": SEND,
        "AssessmentsQueue": SEND, "AssessmentsPriorityQueue": SEND,
        **tables(AssessmentRunsTable="GetItem PutItem", ActivityTable="Query", RiskAssessmentsTable="Query"),
    },
    "FeatureExtractionRole": {
        "FeatureExtractionLog": LOG, **OUTCOMES,
        "AssessmentsQueue": CONSUME, "AssessmentsPriorityQueue": CONSUME,
        "AssessmentsDlq": SEND, "AssessmentsPriorityDlq": SEND,
        "ScoringQueue": SEND, "ScoringPriorityQueue": SEND, "TextsQueue": SEND,
        **tables(AppTable="GetItem Query", InterventionsTable="PutItem"),
    },
    "ScoringRole": {
        "ScoringLog": LOG, **OUTCOMES, **PSEUDONYMS, **PAGE,
        # The model that serves; without the list S3 says of one that is not there that it is forbidden.
        "ModelsBucket": {"s3:ListBucket"}, "ModelsBucket/models/*": {"s3:GetObject"},
        "ScoringQueue": CONSUME, "ScoringPriorityQueue": CONSUME,
        "ScoringDlq": SEND, "ScoringPriorityDlq": SEND,
        "InterventionsQueue": SEND, "InterventionsPriorityQueue": SEND,
        **tables(
            AppTable="GetItem", RiskAssessmentsTable="GetItem PutItem Query",
            InterventionsTable="GetItem PutItem",
        ),
    },
    "InterventionRole": {
        "InterventionLog": LOG, **OUTCOMES, **PSEUDONYMS, **PAGE,
        "InterventionsQueue": CONSUME, "InterventionsPriorityQueue": CONSUME,
        "InterventionsDlq": SEND, "InterventionsPriorityDlq": SEND,
        **tables(
            AppTable="GetItem Query PutItem", RiskAssessmentsTable="Query",
            InterventionsTable="GetItem PutItem UpdateItem",
        ),
        "InterventionsTable/index/UserInterventionsIndex": {"dynamodb:Query"},
    },
}


@pytest.mark.parametrize("role", GRANTS)
def test_a_stage_may_do_what_its_ports_do_and_no_more(template, role):
    assert granted(template, role) == GRANTS[role]


def test_the_watch_of_the_model_reaches_its_own_days_of_the_table_of_runs_and_no_run(template):
    [found] = [one for name, _, one in statements(template) if name == "MonitorModelRole"
               and one["Resource"] == {"Fn::GetAtt": ["AssessmentRunsTable", "Arn"]}]
    rows = (ROOT / "shared" / "aws" / "src" / "model_days.rs").read_text()
    [partition] = re.findall(r'DAYS: &str = "(.*)"', rows)
    assert found["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [partition]}}


@pytest.mark.parametrize("stage", ["RealtimeTrigger", "Sentiment", "ActivityIngest"])
def test_what_the_streams_write_into_the_apps_table_is_in_users_partitions(template, stage):
    """As far as DynamoDB can bind a role: sort keys it cannot."""
    [found] = [
        one for name, _, one in statements(template)
        if name == f"{stage}Role" and "${AppTableName}" in str(one["Resource"])
    ]
    assert found["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["USER#*"]}}


def test_the_training_set_can_be_replaced_and_nothing_else_is_deleted(template):
    """R2.6; and what a draft left behind goes by the bucket's own rule."""
    grants = granted(template, "MLLambdaRole")
    deleting = {"s3:DeleteObject", "s3:AbortMultipartUpload"}
    assert deleting | {"s3:GetObject", "s3:PutObject"} == grants["ModelsBucket/training/*"]
    assert not [at for at, calls in grants.items() if "training" not in at and calls & deleting]
    assert grants["ModelsBucket/config/*"] == {"s3:GetObject"}


def test_where_no_text_may_leave_nobody_may_call_comprehend(template):
    assert template["Resources"]["UseComprehendPolicy"]["Condition"] == "HasComprehend"
    assert template["Conditions"]["HasComprehend"] == {"Fn::Equals": [{"Ref": "SentimentAnalyzer"}, "comprehend"]}


def test_shared_policies_go_to_those_who_need_them(template):
    users = {}
    for role, found in of_type(template, "IAM::Role").items():
        for policy in found.get("ManagedPolicyArns", []):
            users.setdefault(target(policy), set()).add(role)
    # They store nothing: they start and call.
    roles = set(of_type(template, "IAM::Role")) - {
        "RetrainingRole", "StartRetrainingRole", "AskedTrainingRole", "StartAskedTrainingRole",
    }
    assert users == {
        "UseKeyPolicy": roles,
        "UseAppTableKeyPolicy": {
            "FeatureExtractionRole", "ScoringRole", "InterventionRole", "MLLambdaRole",
            "RealtimeTriggerRole", "SentimentRole", "ActivityIngestRole", "MonitorModelRole",
        },
        "UseComprehendPolicy": {"SentimentRole"},
        "ReadAppTableStreamPolicy": {"RealtimeTriggerRole"},
        "UseMessageModelPolicy": {"InterventionRole"},
    }


def test_the_setup_documents_roles_reach_the_services_that_it_lists(template):
    roles = of_type(template, "IAM::Role")
    services = {
        role: {action.split(":")[0] for name, _, one in statements(template) if name == role
               for action in listed(one["Action"])}
        for role in ("MLLambdaRole", "SageMakerRole")
    }
    assert {"dynamodb", "s3", "comprehend", "bedrock", "lambda", "sns", "sagemaker"} <= services["MLLambdaRole"]
    assert {"s3", "cloudwatch"} <= services["SageMakerRole"]
    for role in services:
        assert {"Ref": "UseKeyPolicy"} in roles[role]["ManagedPolicyArns"]
        assert roles[role]["RoleName"] == {"Fn::Sub": "${Prefix}-" + role}


def test_what_is_reached_by_policy_is_reached_by_tls_alone(template):
    denied = {
        name for name, _, one in statements(template)
        if one["Effect"] == "Deny" and one["Principal"] == "*"
        and one["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert denied == {"ModelsBucketPolicy", "QueuesPolicy", "SchedulesDlqPolicy", "AlertsTopicPolicy"}
    covered = [target(queue) for policy in of_type(template, "SQS::QueuePolicy").values()
               for queue in policy["Queues"]]
    assert sorted(covered) == sorted(of_type(template, "SQS::Queue"))


# --- Data ----------------------------------------------------------------------------------------


def test_everything_that_can_be_is_encrypted_with_the_key(template):
    places = {
        "SQS::Queue": lambda one: one["KmsMasterKeyId"],
        "SNS::Topic": lambda one: one["KmsMasterKeyId"],
        "DynamoDB::Table": lambda one: one["SSESpecification"]["KMSMasterKeyId"],
        "Kinesis::Stream": lambda one: one["StreamEncryption"]["KeyId"],
        "Logs::LogGroup": lambda one: one["KmsKeyId"],
        "Lambda::Function": lambda one: one["KmsKeyArn"],
        "S3::Bucket": lambda one: one["BucketEncryption"]["ServerSideEncryptionConfiguration"][0][
            "ServerSideEncryptionByDefault"]["KMSMasterKeyID"],
    }
    for kind, key in places.items():
        for name, resource in of_type(template, kind).items():
            assert target(key(resource)) == "Key", name
    [key] = of_type(template, "KMS::Key").values()
    assert key["EnableKeyRotation"] is True


@pytest.mark.parametrize("table", KEYS)
def test_a_table_has_the_keys_that_its_port_uses_and_can_be_brought_back(template, table):
    found = of_type(template, "DynamoDB::Table")[table]
    assert [one["AttributeName"] for one in found["KeySchema"]] == KEYS[table]
    assert [one["KeyType"] for one in found["KeySchema"]] == ["HASH", "RANGE"][: len(KEYS[table])]
    assert found["BillingMode"] == "PAY_PER_REQUEST"
    assert found["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert found["DeletionProtectionEnabled"] == {"Fn::If": ["IsProtected", True, False]}


def test_there_are_no_other_tables_and_the_apps_is_made_for_trials_alone(template):
    assert set(of_type(template, "DynamoDB::Table")) == set(KEYS)
    assert template["Resources"]["AppTable"]["Condition"] == "HasAppTable"
    assert template["Parameters"]["CreateAppTable"]["Default"] == "false"
    stream = template["Resources"]["AppTable"]["Properties"]["StreamSpecification"]
    assert stream == {"StreamViewType": "NEW_IMAGE"}


def test_only_what_runs_out_has_a_time_to_live(template):
    found = {
        name: table["TimeToLiveSpecification"]
        for name, table in of_type(template, "DynamoDB::Table").items()
        if "TimeToLiveSpecification" in table
    }
    ttl = {"AttributeName": "ttl", "Enabled": True}
    assert found == {"RiskAssessmentsTable": ttl, "ActivityTable": ttl}


def test_interventions_are_found_by_user_and_by_review(template):
    table = of_type(template, "DynamoDB::Table")["InterventionsTable"]
    indexes = {
        index["IndexName"]: [one["AttributeName"] for one in index["KeySchema"]]
        for index in table["GlobalSecondaryIndexes"]
    }
    assert indexes == INDEXES
    assert {one["Projection"]["ProjectionType"] for one in table["GlobalSecondaryIndexes"]} == {"ALL"}


def test_what_holds_data_outlives_the_stack(template):
    for name, resource in template["Resources"].items():
        if resource["Type"] in ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key"):
            assert resource["DeletionPolicy"] in ("Retain", "RetainExceptOnCreate"), name
            assert resource["UpdateReplacePolicy"] == "Retain", name


def test_the_bucket_is_private_and_forgets_in_time(template):
    bucket = of_type(template, "S3::Bucket")["ModelsBucket"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert all(value is True for value in bucket["PublicAccessBlockConfiguration"].values())
    rules = {rule.get("Prefix"): rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert all(rule["Status"] == "Enabled" for rule in rules.values())
    assert rules["training/"]["ExpirationInDays"] == 90
    assert rules["training/"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 1
    assert rules["models/"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30
    # A version has a key of its own, is no earlier version of anything, and so stays for a rollback.
    assert "ExpirationInDays" not in rules["models/"]
    store = (ROOT / "shared" / "aws" / "src" / "model_bucket.rs").read_text()
    assert 'format!("{ROOT}{version}{FILE}")' in store and 'ROOT: &str = "models/"' in store
    assert rules["models/jobs/"]["ExpirationInDays"] == 90


# --- Being told ----------------------------------------------------------------------------------


def alarmed(template, metric):
    """Alarms of a metric by what they look at."""
    found = {}
    for alarm in of_type(template, "CloudWatch::Alarm").values():
        if alarm.get("MetricName") == metric:
            [dimension] = alarm["Dimensions"]
            found.setdefault(target(dimension["Value"]), []).append(alarm)
    return found


def test_every_message_that_was_given_up_raises_an_alarm(template):
    found = alarmed(template, "ApproximateNumberOfMessagesVisible")
    assert set(found) == dlqs(template)
    for [alarm] in found.values():
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
        assert alarm["EvaluationPeriods"] == 1


def test_a_message_that_is_given_up_is_seen_also_where_others_lie_already(template):
    found = alarmed(template, "NumberOfMessagesSent")
    assert set(found) == dlqs(template)
    for [alarm] in found.values():
        assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 0)
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        # One period: it ends when nothing comes, and can tell of the next.
        assert alarm["EvaluationPeriods"] == 1


def test_a_queue_that_is_not_read_raises_an_alarm_sooner_where_nobody_can_wait(template):
    found = alarmed(template, "ApproximateAgeOfOldestMessage")
    assert set(found) == set(QUEUES) | dlqs(template)
    for queue in QUEUES:
        [alarm] = found[queue]
        assert alarm["Threshold"] <= (120 if "Priority" in queue else 1200), queue


def test_a_letter_raises_an_alarm_two_days_before_it_is_lost(template):
    queues = of_type(template, "SQS::Queue")
    found = alarmed(template, "ApproximateAgeOfOldestMessage")
    # What a redrive policy moves is deleted by the time of its source queue, and its age is counted from the
    # move: it may have lain there for as long as the source keeps messages.
    before = {target(queues[name]["RedrivePolicy"]["deadLetterTargetArn"]): queues[name]["MessageRetentionPeriod"]
              for name in QUEUES}
    for name in dlqs(template):
        [alarm] = found[name]
        left = queues[name]["MessageRetentionPeriod"] - before.get(name, 0) - alarm["Threshold"]
        assert left == 2 * DAY, name
        assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Maximum", "GreaterThanThreshold"), name
        assert alarm["EvaluationPeriods"] == 1


def test_every_function_is_watched(template):
    functions = of_type(template, "Lambda::Function")
    for metric in ("Errors", "Throttles", "Duration"):
        assert set(alarmed(template, metric)) == set(functions), metric
    for name, [alarm] in alarmed(template, "Duration").items():
        assert alarm["Threshold"] < 1000 * functions[name]["Timeout"], name
    late = alarmed(template, "IteratorAge")
    assert set(late) == set(STREAMS.values())
    for name, [alarm] in late.items():
        # Who writes waits for the trigger, as behind a priority queue.
        assert alarm["Threshold"] == (120_000 if name == "RealtimeTriggerFunction" else 600_000)
    assert set(alarmed(template, "FailedInvocations")) == set(of_type(template, "Events::Rule"))


def test_a_daily_run_that_still_waits_at_half_past_six_raises_an_alarm(template):
    alarm = of_type(template, "CloudWatch::Alarm")["DailyRunNotDrainedAlarm"]
    expressions = [one["Expression"] for one in alarm["Metrics"] if "Expression" in one]
    assert len(expressions) == 1 and "MINUTE(m1) >= 30" in expressions[0]
    watched = {
        target(one["MetricStat"]["Metric"]["Dimensions"][0]["Value"])
        for one in alarm["Metrics"] if "MetricStat" in one
    }
    # Sentiments are no part of it: today's features are made without those that are missing.
    assert watched == {name for name in QUEUES if "Priority" not in name} - {"TextsQueue"}


def test_a_run_whose_books_are_open_when_it_is_due_raises_an_alarm(template):
    [alarm] = alarmed(template, "RunsOverdue")["RunClosingFunction"]
    # As shared/host writes it.
    assert alarm["Namespace"] == "MindMate"
    # How many are overdue is said at every firing: the largest counts, and a sum would count twice.
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 0)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["Period"] == 300 and template["Parameters"]["OverdueMinutes"]["Default"] == 30


def test_the_metrics_on_the_dashboard_are_those_that_the_program_writes(template):
    watch = (ROOT / "stages" / "run-report" / "src" / "watch.rs").read_text()
    written = set(re.findall(r'Metric::\w+\(\s*"(\w+)"', watch))
    [dashboard] = of_type(template, "CloudWatch::Dashboard").values()
    shown = set(re.findall(r'\["MindMate", "(\w+)"', dashboard["DashboardBody"]["Fn::Sub"]))
    assert shown and shown <= written
    assert "RunsOverdue" in written


def test_a_daily_run_that_nothing_started_raises_an_alarm(template):
    alarm = template["Resources"]["DailyRunNotStartedAlarm"]
    assert alarm["Condition"] == "HasDailySchedule"
    [found] = alarmed(template, "Invocations")["OrchestratorFunction"]
    assert found is alarm["Properties"]
    assert (found["Threshold"], found["ComparisonOperator"]) == (1, "LessThanThreshold")
    # A day and the hour that is not over yet.
    assert found["Period"] * found["EvaluationPeriods"] == 25 * 3600
    assert "DatapointsToAlarm" not in found


def test_a_stream_of_the_apps_table_that_says_nothing_for_a_day_raises_an_alarm(template):
    [found] = alarmed(template, "Invocations")["RealtimeTriggerFunction"]
    assert found is template["Resources"]["RealtimeSilentAlarm"]["Properties"]
    assert (found["Threshold"], found["ComparisonOperator"]) == (1, "LessThanThreshold")
    assert found["Period"] * found["EvaluationPeriods"] == DAY


def test_every_alarm_reaches_the_topic(template):
    for name, alarm in of_type(template, "CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == [{"Ref": "AlertsTopic"}], name
        # What was never called has no metric: for these that is the news.
        silent = ("DailyRunNotStartedAlarm", "RealtimeSilentAlarm")
        silence = "breaching" if name in silent else "notBreaching"
        assert alarm["TreatMissingData"] == silence, name


def test_the_dashboard_is_json_and_shows_every_queue_and_function(template):
    [dashboard] = of_type(template, "CloudWatch::Dashboard").values()
    body = dashboard["DashboardBody"]["Fn::Sub"]
    json.loads(body)
    queues, functions = of_type(template, "SQS::Queue"), of_type(template, "Lambda::Function")
    names = [one["QueueName"] for one in queues.values()] + [one["FunctionName"] for one in functions.values()]
    assert not [name for name in names if f'"{name["Fn::Sub"]}"' not in body]


# --- Names ---------------------------------------------------------------------------------------


NAMES = (
    "TableName", "BucketName", "QueueName", "Name", "TopicName", "FunctionName", "RoleName",
    "ManagedPolicyName", "AliasName", "LogGroupName", "AlarmName", "DashboardName",
)
NAMED_BY_OTHERS = {"AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission", "AWS::Lambda::EventInvokeConfig"}


def test_every_name_takes_the_prefix_so_that_two_stacks_live_in_one_account(template):
    for logical, resource in template["Resources"].items():
        if resource["Type"] in NAMED_BY_OTHERS or logical == "AppTable":
            continue
        for key in NAMES:
            if key in resource["Properties"]:
                name = resource["Properties"][key].get("Fn::Sub", "")
                assert "${Prefix}-" in name or "${LowercasePrefix}-" in name, f"{logical} {key}"


def test_names_are_there_once(template):
    names = Counter(
        json.dumps(resource["Properties"][key])
        for resource in template["Resources"].values()
        if resource["Type"] not in NAMED_BY_OTHERS
        for key in NAMES
        if key in resource["Properties"]
    )
    names = {(name, count) for name, count in names.items() if count > 1}
    # A queue and a stream, or a table and a role, may share a name; nothing here does.
    assert not names


def test_every_parameter_is_used(template):
    rest = json.dumps({key: template[key] for key in ("Conditions", "Resources", "Outputs")})
    unused = [
        name for name in template["Parameters"]
        if f'{{"Ref": "{name}"}}' not in rest and f"${{{name}}}" not in rest
    ]
    assert not unused


def screaming(key):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", key).upper()


def test_every_output_is_a_variable_that_is_known(template):
    seeds = {
        "RISK_ASSESSMENTS_TABLE", "TRAINING_JOBS_TABLE", "INTERVENTIONS_TABLE", "ML_MODELS_BUCKET",
        "ML_LAMBDA_ROLE_ARN", "SAGEMAKER_ROLE_ARN", "ML_ALERTS_SNS_TOPIC", "ML_KMS_KEY_ID",
    }
    needed = set().union(*ENVIRONMENT.values())
    dead = {screaming(name) + "_URL" for name in dlqs(template) - {"SchedulesDlq"}}
    own = {
        "MINDMATE_SHARDS", "MINDMATE_OVERDUE_MINUTES", "MINDMATE_LOG", "MINDMATE_PSEUDONYM_KEY",
        # Who starts a training by hand.
        "RETRAINING_MACHINE_ARN",
    }
    assert {screaming(key) for key in template["Outputs"]} == seeds | needed | dead | own
