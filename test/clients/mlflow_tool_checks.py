"""Tools around the client: its command line, automatic logging, and mlflow-export-import."""

import csv
import json
import os
import tempfile
from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import quote, urlsplit

import mlflow
import numpy as np
from click.testing import CliRunner

from mlflow_support import client, is_v3, named, unique


def run_tool(program, *args):
    """Runs the command that an installed program runs, and returns what it prints; a new process would import for seconds."""
    [found] = [each for each in entry_points(group="console_scripts") if each.name == program]
    done = CliRunner().invoke(found.load(), list(args))
    assert done.exit_code == 0, f"{program} {' '.join(args)}: {done.output}\n{done.exception!r}"
    return done.output


def check_the_command_line_lists_and_fetches():
    name = unique("line")
    experiment_id = client.create_experiment(name)
    run_id = client.create_run(experiment_id, run_name="by hand").info.run_id
    client.log_text(run_id, "hello", "notes/hello.txt")
    assert name in run_tool("mlflow", "experiments", "search")
    listed = run_tool("mlflow", "runs", "list", "--experiment-id", experiment_id)
    assert run_id in listed and "by hand" in listed
    described = run_tool("mlflow", "runs", "describe", "--run-id", run_id)
    assert json.loads(described[described.index("{") :])["info"]["run_id"] == run_id
    with tempfile.TemporaryDirectory() as folder:
        run_tool("mlflow", "artifacts", "download", "--run-id", run_id, "--artifact-path", "notes", "--dst-path", folder)
        assert Path(folder, "notes", "hello.txt").read_text() == "hello"
        table = Path(folder, "runs.csv")
        run_tool("mlflow", "experiments", "csv", "--experiment-id", experiment_id, "--filename", str(table))
        assert [row["run_id"] for row in csv.DictReader(table.open())] == [run_id]


def fit():
    from sklearn.linear_model import LogisticRegression

    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    return LogisticRegression(C=0.5).fit(x, np.array([0, 0, 1, 1]))


def check_autolog_of_scikit_learn_is_found_as_a_data_frame_and_its_model_predicts():
    experiment = mlflow.set_experiment(unique("autolog"))
    mlflow.sklearn.autolog(log_datasets=True, silent=True)
    try:
        with mlflow.start_run(run_name="auto") as run:
            fit()
    finally:
        mlflow.sklearn.autolog(disable=True)
    frame = mlflow.search_runs([experiment.experiment_id], filter_string="params.C = '0.5'")
    assert frame["run_id"].tolist() == [run.info.run_id]
    assert frame["params.solver"].tolist() == ["lbfgs"] and frame["tags.estimator_name"].tolist() == ["LogisticRegression"]
    assert frame["metrics.training_accuracy_score"].iloc[0] == 1.0
    assert str(frame["start_time"].dt.tz) == "UTC"
    assert len(client.get_run(run.info.run_id).inputs.dataset_inputs) == 1
    model = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
    assert model.predict([[0.0], [3.0]]).tolist() == [0, 1]


def check_a_signed_model_with_an_example_is_loaded_back():
    mlflow.set_experiment(unique("signature"))
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(
            fit(), input_example=np.array([[1.0]]), pip_requirements=["scikit-learn"], **named("classifier")
        )
    assert info.signature is not None
    assert mlflow.models.get_model_info(info.model_uri).signature == info.signature
    assert mlflow.pyfunc.load_model(info.model_uri).predict(np.array([[3.0]])).tolist() == [1]
    if is_v3:
        assert mlflow.get_logged_model(info.model_id).source_run_id == run.info.run_id
        found = mlflow.search_logged_models([run.info.experiment_id], output_format="list")
        assert [each.name for each in found] == ["classifier"]
        outputs = client.get_run(run.info.run_id).outputs.model_outputs
        assert [each.model_id for each in outputs] == [info.model_id]


def check_mlflow_export_import_moves_an_experiment():
    experiment = mlflow.set_experiment(unique("moved"))
    with mlflow.start_run(run_name="first") as run:
        mlflow.log_params({"p": "1"})
        for step in range(3):
            mlflow.log_metric("m", step / 2, step=step)
        mlflow.log_text("body", "files/a.txt")
    with tempfile.TemporaryDirectory() as folder:
        run_tool("export-experiment", "--experiment", experiment.name, "--output-dir", folder)
        copy = unique("copy")
        run_tool("import-experiment", "--experiment-name", copy, "--input-dir", folder)
    [made] = client.search_runs([client.get_experiment_by_name(copy).experiment_id])
    assert made.data.params == {"p": "1"} and made.info.run_id != run.info.run_id
    assert [(m.step, m.value) for m in client.get_metric_history(made.info.run_id, "m")] == [(0, 0), (1, 0.5), (2, 1)]
    assert mlflow.artifacts.load_text(f"runs:/{made.info.run_id}/files/a.txt") == "body"


def check_mlflow_export_import_writes_a_registered_model():
    """Its own requests know no token, and carry what they ask for in the body of a GET; only an address with a user works."""
    name = unique("moved")
    with mlflow.start_run(experiment_id=client.create_experiment(unique("model-moved"))) as run:
        mlflow.log_text("weights", "model/weights.txt")
    client.create_registered_model(name, tags={"team": "a"})
    client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id, tags={"k": "v"})
    address = urlsplit(os.environ["MLFLOW_TRACKING_URI"])
    signed_in = f"{address.scheme}://user:{quote(os.environ['MLFLOW_TRACKING_TOKEN'])}@{address.netloc}"
    try:
        os.environ["MLFLOW_TRACKING_URI"] = signed_in
        with tempfile.TemporaryDirectory() as folder:
            run_tool("export-model", "--model", name, "--output-dir", folder)
            written = json.loads(Path(folder, "model.json").read_text())["mlflow"]["registered_model"]
            files = [path.read_text() for path in Path(folder).rglob("weights.txt")]
    finally:
        os.environ["MLFLOW_TRACKING_URI"] = address.geturl()
    assert (written["name"], [each["run_id"] for each in written["versions"]]) == (name, [run.info.run_id])
    assert files == ["weights"]
