"""Registered versions keep the files that they were registered with, whatever becomes of the run."""

import os

import mlflow
import pandas as pd
from mlflow.models import infer_signature, set_signature

from mlflow_model_checks import AddOne
from mlflow_support import client, named, only_bedplate, unique


def written(uri):
    folder = mlflow.artifacts.download_artifacts(artifact_uri=uri)
    with open(os.path.join(folder, "MLmodel"), encoding="utf-8") as file:
        return file.read()


def check_a_model_that_a_client_rewrites_after_registration_stays_the_same_in_its_version():
    only_bedplate("a real MLflow server reads a version's files from its run, as they are by then")
    mlflow.set_experiment(unique("pinned"))
    name = unique("pinned")
    with mlflow.start_run():
        info = mlflow.pyfunc.log_model(
            python_model=AddOne(), pip_requirements=[], registered_model_name=name, **named("model")
        )
    frame = pd.DataFrame({"x": [1, 2]})
    before = written(f"models:/{name}/1")
    set_signature(info.model_uri, infer_signature(frame, frame))
    assert "signature:" in written(info.model_uri)
    assert written(f"models:/{name}/1") == before and "signature:" not in before
    client.set_registered_model_alias(name, "best", "1")
    assert mlflow.pyfunc.load_model(f"models:/{name}@best").predict(frame)["x"].tolist() == [2, 3]
    taken_over = mlflow.register_model(info.model_uri, name)
    assert "signature:" in written(f"models:/{name}/{taken_over.version}")


def check_a_copy_of_a_version_has_its_files():
    mlflow.set_experiment(unique("copied"))
    name, copied = unique("original"), unique("copy")
    with mlflow.start_run():
        mlflow.pyfunc.log_model(
            python_model=AddOne(), pip_requirements=[], registered_model_name=name, **named("model")
        )
    client.copy_model_version(f"models:/{name}/1", copied)
    client.delete_model_version(name, "1")
    frame = pd.DataFrame({"x": [1]})
    assert mlflow.pyfunc.load_model(f"models:/{copied}/1").predict(frame)["x"].tolist() == [2]
