"""Fills a real MLflow server with one of everything that a copy must carry."""

import math
import os
import tempfile
from pathlib import Path

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

client = MlflowClient()


def full_run(experiment_id):
    run_id = client.create_run(experiment_id, run_name="full", start_time=1_000, tags={"mlflow.user": "ann"}).info.run_id
    metrics = [Metric("loss", 1 / (step + 1), 1_000 + step, step) for step in range(2_500)]
    for at in range(0, len(metrics), 1_000):
        client.log_batch(run_id, metrics[at : at + 1_000])
    client.log_batch(run_id, [Metric("odd", value, 5, 0) for value in (math.nan, math.inf, -math.inf, 5e-324)])
    for at in range(0, 150, 100):
        client.log_batch(run_id, params=[Param(f"p{each}", "ü" * each) for each in range(at, min(at + 100, 150))])
    client.log_batch(run_id, tags=[RunTag("team/name", "it's \"a\"\nb"), RunTag("empty", "")])
    with tempfile.TemporaryDirectory() as folder:
        for name, content in [("a.txt", b"a"), ("deep/er/ünï code %41.bin", os.urandom(3_000_000)), ("deep/empty", b"")]:
            Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, name).write_bytes(content)
        client.log_artifacts(run_id, folder)
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    with mlflow.start_run(run_id=run_id):
        mlflow.log_input(mlflow.data.from_pandas(frame, source="s.csv", name="small"), context="training")
    client.set_terminated(run_id, "FAILED", end_time=9_000)
    return run_id


def logged_model(experiment_id):
    with mlflow.start_run(experiment_id=experiment_id, run_name="trained") as run:
        model = mlflow.initialize_logged_model(name="net", params={"depth": "3"}, tags={"a": "b"}, model_type="cnn")
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "MLmodel").write_text("flavors: {}")
            client.log_model_artifacts(model.model_id, folder)
        mlflow.log_metric("score", 0.5, step=3, model_id=model.model_id)
        mlflow.finalize_logged_model(model.model_id, "READY")
        outputs = [mlflow.entities.LoggedModelOutput(model.model_id, 3)]
        client.log_outputs(run.info.run_id, outputs)
    with mlflow.start_run(experiment_id=experiment_id, run_name="evaluated") as run:
        client.log_inputs(run.info.run_id, models=[mlflow.entities.LoggedModelInput(model.model_id)])
    return run, model


def registry(run_id, model):
    client.create_registered_model("iris it's", tags={"team": "a"}, description="flowers")
    source = client.get_run(run_id).info.artifact_uri
    for at in range(5):
        client.create_model_version("iris it's", f"{source}/deep", run_id, tags={"at": str(at)}, description=f"v{at}")
    for gone in ["1", "3"]:
        client.delete_model_version("iris it's", gone)
    client.set_registered_model_alias("iris it's", "blue", "4")
    client.transition_model_version_stage("iris it's", "2", "Production")
    client.copy_model_version("models:/iris it's/4", "another")
    mlflow.register_model(f"models:/{model.model_id}", "net")
    mlflow.genai.register_prompt(name="greet", template="Hello {{name}}", tags={"t": "u"})
    mlflow.genai.set_prompt_alias("greet", alias="prod", version=1)


def main():
    first = client.create_experiment("first it's", tags={"owner": "ann"})
    run_id = full_run(first)
    client.delete_run(client.create_run(first, run_name="deleted").info.run_id)
    client.delete_experiment(client.create_experiment("gone"))
    run, model = logged_model(first)
    many = client.create_experiment("many")
    for at in range(60):
        each = client.create_run(many, run_name=f"run-{at:02}").info.run_id
        client.log_text(each, f"file {at}", "notes/a.txt")
        client.log_metric(each, "m", at)
        client.set_terminated(each)
    registry(run_id, model)


main()
print("SEEDED")
