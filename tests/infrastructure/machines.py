"""State machines on a local AWS: what the tests that walk through them share."""

import json
import re
import time

import boto3

PATIENCE_SECONDS = 60
ROLE = "arn:aws:iam::000000000000:role/any"


def client(aws, service):
    return boto3.client(
        service, endpoint_url=aws.url, region_name="us-east-1",
        aws_access_key_id="test", aws_secret_access_key="test")


def definition(machine, values):
    """The definition of a machine of the template, with these in the place of what it leaves open."""
    text = re.sub(r"\$\{(\w+)}", lambda found: values[found.group(1)], json.dumps(machine["Definition"]))
    return json.loads(text)


def make(states, name, definition):
    made = states.create_state_machine(name=name[-80:], definition=json.dumps(definition), roleArn=ROLE)
    return made["stateMachineArn"]


def walk(states, machine, given):
    """The execution that has ended, and the names of the states that it came to."""
    begun = states.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
    give_up = time.monotonic() + PATIENCE_SECONDS
    while (found := states.describe_execution(executionArn=begun))["status"] == "RUNNING":
        assert time.monotonic() < give_up, "it does not end"
        time.sleep(0.05)
    events = states.get_execution_history(executionArn=begun, maxResults=1000)["events"]
    return found, [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
