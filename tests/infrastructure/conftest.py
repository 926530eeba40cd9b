"""What the tests of the infrastructure share: the template, and a local AWS of each test's own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from cfnlint.decode import cfn_yaml

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "infrastructure" / "ml-prediction-stack.yaml"
START_SECONDS = 30


def pytest_configure():
    # Whoever ends the tests ends what they started as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def template():
    """The template, with the short forms of its functions written out."""
    return cfn_yaml.load(str(TEMPLATE))


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class LocalAws:
    """A ministack on a port of its own, with nothing in it; `settings` are its variables."""

    def __init__(self, directory, **settings):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        directory.mkdir(parents=True, exist_ok=True)
        self.log = directory / "log"
        environment = os.environ | {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "TMPDIR": str(directory),
        } | settings
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ministack"],
                cwd=directory, env=environment, stdout=log, stderr=subprocess.STDOUT,
            )

    def wait(self):
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=1).close()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.05)
        raise AssertionError(f"ministack did not start: {self.log.read_text()}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def environment(self):
        """Nothing of the caller's own AWS: no profile, no credentials, no region."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


@contextlib.contextmanager
def running(directory, **settings):
    """One that answers, until it is left."""
    aws = LocalAws(directory, **settings)
    try:
        aws.wait()
        yield aws
    finally:
        aws.stop()


@pytest.fixture
def local_aws(tmp_path):
    with running(tmp_path / "aws") as aws:
        yield aws
