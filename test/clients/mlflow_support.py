"""What the checks of MLflow clients share: the client, names that nobody else uses, and words for what does not apply."""

import json
import os
import uuid
import urllib.request

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

client = MlflowClient()
is_v3 = int(mlflow.__version__.split(".")[0]) >= 3


class Skipped(Exception):
    """What the check needs is not part of this client or this server."""


def only_bedplate(reason):
    """Ends a check on a real MLflow server, which has no such thing; docs/mlflow-compatibility.md lists the reasons."""
    if os.environ["CHECK_SERVER"] != "bedplate":
        raise Skipped(reason)


release = tuple(int(part) for part in mlflow.__version__.split(".")[:2])


def only_since(version, reason):
    """Ends a check under clients that are older than a release."""
    if release < version:
        raise Skipped(reason)


def not_on_mlflow_before(version, reason):
    """Ends a check on a real MLflow server older than a release that mends what is checked; client and server are one."""
    if release < version:
        only_bedplate(reason)


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def new_run():
    return client.create_run(client.create_experiment(unique("exp"))).info.run_id


def refused(code, call):
    """Runs what must be refused, and with this error code."""
    try:
        call()
    except MlflowException as error:
        assert error.error_code == code, f"{error.error_code}: {error}"
        return str(error)
    raise AssertionError("was not refused")


def named(name):
    """Where a model goes in its run, in the words of both major versions."""
    return {"name": name} if is_v3 else {"artifact_path": name}


def post(path, body):
    request = urllib.request.Request(
        os.environ["MLFLOW_TRACKING_URI"] + path,
        json.dumps(body).encode(),
        {"content-type": "application/json", "authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]},
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)
