"""What an unmodified MLflow client does with the platform, a function a check.

Prints one line a check: RESULT {"check": name, "error": text or null, "skipped": text or null, "seconds": number}. The address and the token come
from the environment variables that MLflow itself reads; nothing here knows whose server answers.
"""

import base64
import hashlib
import hmac
import json
import math
import os
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

client = MlflowClient()
is_v3 = int(mlflow.__version__.split(".")[0]) >= 3


class Skipped(Exception):
    """What the check needs is not part of this client or this server."""


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


def onnx_model(scale=2.0):
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "scale"], ["y"])],
        "scale",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor("scale", TensorProto.FLOAT, [1], [scale])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def check_a_large_file_is_sent_in_parts():
    """The client asks for parts by itself above 500 MB where the server offers them; here it is told to, and sooner."""
    run_id = new_run()
    settings = {
        "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true",
        "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": "1000000",
        "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": "1048576",
    }
    os.environ.update(settings)
    try:
        with tempfile.TemporaryDirectory() as folder:
            content = os.urandom(3_500_000)
            source = os.path.join(folder, "large.bin")
            with open(source, "wb") as file:
                file.write(content)
            client.log_artifact(run_id, source, "deep")
            listed = client.list_artifacts(run_id, "deep")
            assert [(each.path, each.file_size) for each in listed] == [("deep/large.bin", len(content))]
            fetched = client.download_artifacts(run_id, "deep/large.bin", os.path.join(folder))
            with open(fetched, "rb") as file:
                assert file.read() == content
    finally:
        for name in settings:
            del os.environ[name]


def check_an_experiment_is_created_found_renamed_deleted_and_restored():
    name = unique("life")
    experiment_id = client.create_experiment(name, tags={"team": "a"})
    assert client.get_experiment(experiment_id).name == name
    assert client.get_experiment_by_name(name).tags["team"] == "a"
    assert client.get_experiment_by_name(unique("none")) is None
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_experiment(name))
    client.set_experiment_tag(experiment_id, "team", "b")
    client.rename_experiment(experiment_id, name + "-2")
    found = client.search_experiments(filter_string=f"name = '{name}-2' AND tags.team = 'b'")
    assert [e.experiment_id for e in found] == [experiment_id]
    client.delete_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "deleted"
    client.restore_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "active"


def check_a_run_of_the_fluent_api_keeps_params_metrics_tags_and_its_status():
    mlflow.set_experiment(unique("fluent"))
    with mlflow.start_run(run_name="parent") as parent:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"depth": 3, "kind": "tree"})
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.log_metrics({"loss": 0.25, "accuracy": 0.75}, step=2)
        mlflow.set_tag("stage", "draft")
        with mlflow.start_run(nested=True) as child:
            mlflow.log_metric("loss", 1)
    run = mlflow.get_run(parent.info.run_id)
    assert run.info.status == "FINISHED" and run.info.run_name == "parent"
    assert run.info.end_time >= run.info.start_time
    assert run.data.params == {"lr": "0.1", "depth": "3", "kind": "tree"}
    assert run.data.metrics == {"loss": 0.25, "accuracy": 0.75}
    assert run.data.tags["stage"] == "draft"
    assert mlflow.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == run.info.run_id
    try:
        with mlflow.start_run() as failed:
            raise ValueError("as meant")
    except ValueError:
        pass
    assert mlflow.get_run(failed.info.run_id).info.status == "FAILED"


def check_a_run_without_a_name_gets_one_that_it_keeps():
    run_id = new_run()
    name = client.get_run(run_id).info.run_name
    assert len(name.split("-")) == 3
    client.update_run(run_id, name="other")
    run = client.get_run(run_id)
    assert run.info.run_name == "other" and run.data.tags["mlflow.runName"] == "other"


def check_metrics_may_be_nan_or_infinite():
    run_id = new_run()
    for key, value in [("nan", math.nan), ("up", math.inf), ("down", -math.inf), ("tiny", 5e-324)]:
        client.log_metric(run_id, key, value)
    metrics = client.get_run(run_id).data.metrics
    assert math.isnan(metrics["nan"]) and metrics["tiny"] == 5e-324
    assert metrics["up"] == sys.float_info.max and metrics["down"] == -sys.float_info.max
    assert math.isnan(client.get_metric_history(run_id, "nan")[0].value)


def check_the_history_of_a_metric_comes_back_in_order_and_the_latest_step_counts():
    run_id = new_run()
    for step in [3, 1, 2]:
        client.log_metric(run_id, "m", step * 10, timestamp=1_000 + step, step=step)
    history = client.get_metric_history(run_id, "m")
    assert [(m.step, m.value) for m in history] == [(1, 10), (2, 20), (3, 30)]
    assert client.get_run(run_id).data.metrics["m"] == 30
    assert client.get_metric_history(run_id, "none") == []


def check_a_batch_of_1000_entities_is_logged_and_a_batch_with_one_bad_entity_is_not():
    run_id = new_run()
    metrics = [Metric(f"m{i % 10}", float(i), 1_000 + i, i) for i in range(800)]
    params = [Param(f"p{i}", "x" * 100) for i in range(100)]
    tags = [RunTag(f"t{i}", "y") for i in range(100)]
    client.log_batch(run_id, metrics, params, tags)
    data = client.get_run(run_id).data
    assert data.metrics["m9"] == 799.0 and len(data.params) == 100 and data.tags["t99"] == "y"
    again = [Param("p0", "other")]
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_batch(run_id, [Metric("new", 1.0, 1, 1)], again))
    assert "new" not in client.get_run(run_id).data.metrics


def check_a_param_is_written_once():
    run_id = new_run()
    client.log_param(run_id, "p", "1")
    client.log_param(run_id, "p", "1")
    message = refused("INVALID_PARAMETER_VALUE", lambda: client.log_param(run_id, "p", "2"))
    assert "Changing param values is not allowed" in message
    client.log_param(run_id, "long", "x" * 6_000)
    assert len(client.get_run(run_id).data.params["long"]) == 6_000


def check_runs_are_searched_by_metric_param_tag_and_attribute():
    experiment_id = client.create_experiment(unique("search"))
    for i in range(12):
        run_id = client.create_run(experiment_id, run_name=f"run-{i:02}").info.run_id
        client.log_metric(run_id, "val/loss", i / 10)
        client.log_param(run_id, "kind", "odd" if i % 2 else "even")
        client.set_tag(run_id, "owner.team", f"team{i % 3}")
        if i == 11:
            client.set_terminated(run_id, "FAILED")
    def names(filter_string, **more):
        found = client.search_runs([experiment_id], filter_string, **more)
        return sorted(run.info.run_name for run in found)
    assert names("metrics.`val/loss` >= 1.0") == ["run-10", "run-11"]
    assert names("params.kind = 'odd' AND tags.`owner.team` = 'team0'") == ["run-03", "run-09"]
    assert names("params.kind LIKE 'ev%' and metrics.`val/loss` < 0.3") == ["run-00", "run-02"]
    assert names("tags.owner.team ILIKE 'TEAM1' AND attributes.run_name != 'run-01'") == ["run-04", "run-07", "run-10"]
    assert names("attributes.status = 'FAILED'") == ["run-11"]
    assert names(f"attributes.run_id IN ('{run_id}', 'other')") == ["run-11"]
    assert names("params.kind = 'it''s'") == []
    best = client.search_runs([experiment_id], order_by=["metrics.`val/loss` DESC"], max_results=2)
    assert [run.info.run_name for run in best] == ["run-11", "run-10"] and best.token
    paged, token = [], None
    while True:
        page = client.search_runs([experiment_id], max_results=5, page_token=token)
        paged += [run.info.run_id for run in page]
        token = page.token
        if not token:
            break
    assert len(paged) == len(set(paged)) == 12
    frame = mlflow.search_runs([experiment_id], filter_string="metrics.`val/loss` > 0.95")
    assert isinstance(frame, pd.DataFrame) and len(frame) == 2
    refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs([experiment_id], "metrics.a > 1 OR metrics.b > 1"))


def check_deleted_runs_are_hidden_and_come_back():
    experiment_id = client.create_experiment(unique("deleted"))
    run_id = client.create_run(experiment_id).info.run_id
    client.delete_run(run_id)
    assert client.search_runs([experiment_id]) == []
    assert len(client.search_runs([experiment_id], run_view_type=2)) == 1
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_metric(run_id, "m", 1))
    client.restore_run(run_id)
    assert len(client.search_runs([experiment_id])) == 1


def check_artifacts_go_up_are_listed_and_come_down():
    run_id = new_run()
    big = os.urandom(9_000_000)
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(f"{folder}/in/deep")
        for name, content in [("in/a.txt", b"a"), ("in/deep/b.bin", big), ("in/empty.json", b"")]:
            with open(f"{folder}/{name}", "wb") as file:
                file.write(content)
        client.log_artifacts(run_id, f"{folder}/in", "data")
        client.log_artifact(run_id, f"{folder}/in/a.txt")
        client.log_text(run_id, "grüße", "notes/ünïcode name.txt")
        client.log_dict(run_id, {"k": [1, 2]}, "conf.json")
        root = {(f.path, f.is_dir) for f in client.list_artifacts(run_id)}
        assert root == {("a.txt", False), ("conf.json", False), ("data", True), ("notes", True)}, root
        sizes = {f.path: f.file_size for f in client.list_artifacts(run_id, "data/deep")}
        assert sizes == {"data/deep/b.bin": len(big)}, sizes
        below = {(f.path, f.is_dir) for f in client.list_artifacts(run_id, "data")}
        assert below == {("data/a.txt", False), ("data/deep", True), ("data/empty.json", False)}
        out = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="data", dst_path=folder + "/out")
        with open(f"{out}/deep/b.bin", "rb") as file:
            assert file.read() == big
    run = client.get_run(run_id)
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/ünïcode name.txt") == "grüße"
    assert mlflow.artifacts.load_dict(f"runs:/{run_id}/conf.json") == {"k": [1, 2]}


def check_data_sets_are_inputs_of_a_run():
    experiment_id = client.create_experiment(unique("inputs"))
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    with mlflow.start_run(experiment_id=experiment_id) as run:
        mlflow.log_input(mlflow.data.from_pandas(frame, source="local.csv", name="small"), context="training")
    inputs = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert [(i.dataset.name, i.tags[0].value) for i in inputs] == [("small", "training")]
    assert len(client.search_runs([experiment_id], "dataset.name = 'small' AND dataset.context = 'training'")) == 1
    assert client.search_runs([experiment_id], "dataset.name = 'other'") == []


class AddOne(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input + 1


def check_a_pyfunc_model_is_logged_registered_given_an_alias_and_loaded_by_it():
    mlflow.set_experiment(unique("pyfunc"))
    name = unique("plus one")
    with mlflow.start_run() as run:
        info = mlflow.pyfunc.log_model(python_model=AddOne(), pip_requirements=[], **named("model"))
        mlflow.log_metric("after", 1)
    version = mlflow.register_model(info.model_uri, name)
    assert version.version in ("1", 1) and version.status == "READY"
    client.set_registered_model_alias(name, "best", version.version)
    assert client.get_model_version_by_alias(name, "best").version == version.version
    frame = pd.DataFrame({"x": [1, 2]})
    for uri in [f"models:/{name}@best", f"models:/{name}/1", info.model_uri, f"runs:/{run.info.run_id}/model"]:
        assert mlflow.pyfunc.load_model(uri).predict(frame)["x"].tolist() == [2, 3], uri


def check_an_onnx_model_becomes_the_champion_and_is_served():
    mlflow.set_experiment(unique("onnx"))
    name = unique("scale")
    sample = np.array([[1.0, 2.0]], dtype=np.float32)
    with mlflow.start_run():
        mlflow.onnx.log_model(
            onnx_model(), registered_model_name=name, pip_requirements=["onnxruntime"], **named("model")
        )
    client.set_registered_model_alias(name, "champion", 1)
    loaded = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    assert loaded.predict({"x": sample})["y"].tolist() == [[2.0, 4.0]]
    need_serving()
    body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [3.0, 4.0]}]}
    deadline = time.monotonic() + 30
    while True:
        try:
            answer = post(f"/v2/models/{name}/infer", body)
            break
        except urllib.error.HTTPError as error:
            if error.code not in (404, 503) or time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    assert answer["outputs"][0]["data"] == [6.0, 8.0] and answer["model_version"] == "1"


def need_serving():
    if os.environ.get("CHECK_SERVING") != "yes":
        raise Skipped("the server under test serves no models")


def post(path, body):
    request = urllib.request.Request(
        os.environ["MLFLOW_TRACKING_URI"] + path,
        json.dumps(body).encode(),
        {"content-type": "application/json", "authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]},
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def check_a_broken_onnx_file_cannot_become_the_champion():
    need_serving()
    run_id, name = new_run(), unique("broken")
    client.log_text(run_id, "this is no model", "model/model.onnx")
    client.create_registered_model(name)
    client.create_model_version(name, f"runs:/{run_id}/model", run_id)
    refused("INVALID_PARAMETER_VALUE", lambda: client.set_registered_model_alias(name, "champion", "1"))
    client.set_registered_model_alias(name, "candidate", "1")
    assert client.get_registered_model(name).aliases == {"candidate": "1"}


def check_registered_models_and_versions_are_described_tagged_searched_and_deleted():
    run_id, name = new_run(), unique("registry")
    client.create_registered_model(name, tags={"team": "a"}, description="first")
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model(name))
    source = client.get_run(run_id).info.artifact_uri + "/model"
    for _ in range(3):
        client.create_model_version(name, source, run_id, tags={"n": "1"}, description="d")
    client.update_registered_model(name, "second")
    client.set_registered_model_tag(name, "team", "b")
    client.set_model_version_tag(name, "2", "checked", "yes")
    model = client.get_registered_model(name)
    assert model.description == "second" and model.tags == {"team": "b"}
    assert [m.name for m in client.search_registered_models(f"name LIKE '{name[:-1]}%' AND tags.team = 'b'")] == [name]
    found = client.search_model_versions(f"name = '{name}' AND tags.checked = 'yes'")
    assert [(str(v.version), v.run_id) for v in found] == [("2", run_id)]
    assert len(client.search_model_versions(f"run_id = '{run_id}'", order_by=["version_number DESC"], max_results=2)) == 2
    client.set_registered_model_alias(name, "old", "3")
    client.delete_model_version(name, "3")
    assert client.get_registered_model(name).aliases == {}
    assert str(client.create_model_version(name, source, run_id).version) == "4"
    client.rename_registered_model(name, name + "-2")
    assert str(client.get_model_version(name + "-2", "4").version) == "4"
    client.delete_registered_model(name + "-2")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(name + "-2"))


def check_stages_still_work_for_old_clients():
    run_id, name = new_run(), unique("stages")
    client.create_registered_model(name)
    source = client.get_run(run_id).info.artifact_uri
    for _ in range(2):
        client.create_model_version(name, source, run_id)
    client.transition_model_version_stage(name, "1", "Production")
    moved = client.transition_model_version_stage(name, "2", "production", archive_existing_versions=True)
    assert moved.current_stage == "Production"
    assert client.get_model_version(name, "1").current_stage == "Archived"
    assert [str(v.version) for v in client.get_latest_versions(name, ["Production"])] == ["2"]


def check_versions_that_are_created_at_once_get_different_numbers():
    run_id, name = new_run(), unique("parallel")
    client.create_registered_model(name)
    source = client.get_run(run_id).info.artifact_uri
    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda _: int(client.create_model_version(name, source, run_id).version), range(20)))
    assert sorted(made) == list(range(1, 21))


def check_a_version_cannot_be_made_from_outside_the_platform():
    name = unique("outside")
    client.create_registered_model(name)
    for source in ["/etc", "file:///etc", "mlflow-artifacts:/../etc", "mlflow-artifacts:/%2e%2e/etc", "http://example.com/x"]:
        refused("INVALID_PARAMETER_VALUE", lambda source=source: client.create_model_version(name, source))


def check_basic_sign_in_works_and_a_wrong_token_does_not():
    token = os.environ.pop("MLFLOW_TRACKING_TOKEN")
    try:
        os.environ.update(MLFLOW_TRACKING_USERNAME="anybody", MLFLOW_TRACKING_PASSWORD=token)
        assert client.search_experiments(max_results=1)
        os.environ["MLFLOW_TRACKING_PASSWORD"] = "wrong"
        try:
            client.search_experiments(max_results=1)
        except MlflowException as error:
            assert "401" in str(error) or error.error_code == "UNAUTHENTICATED", error
        else:
            raise AssertionError("was not refused")
    finally:
        os.environ["MLFLOW_TRACKING_TOKEN"] = token
        for name in ["MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"]:
            os.environ.pop(name, None)


def check_logged_models_of_mlflow_3_have_params_tags_and_metrics():
    if not is_v3:
        raise Skipped("clients before 3.0 know no logged models")
    experiment_id = client.create_experiment(unique("logged"))
    with mlflow.start_run(experiment_id=experiment_id) as run:
        model = mlflow.initialize_logged_model(name="m", params={"depth": 3}, tags={"a": "b"})
        mlflow.log_metric("score", 0.5, model_id=model.model_id)
        mlflow.finalize_logged_model(model.model_id, "READY")
    found = mlflow.get_logged_model(model.model_id)
    assert found.status == "READY" and found.params == {"depth": "3"} and found.tags["a"] == "b"
    assert found.source_run_id == run.info.run_id
    assert [(m.key, m.value) for m in found.metrics] == [("score", 0.5)]
    hits = client.search_logged_models([experiment_id], "params.depth = '3' AND metrics.score > 0.4")
    assert [m.model_id for m in hits] == [model.model_id]
    client.set_logged_model_tags(model.model_id, {"c": "d"})
    client.delete_logged_model_tag(model.model_id, "a")
    assert client.get_logged_model(model.model_id).tags["c"] == "d"
    client.delete_logged_model(model.model_id)
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_logged_model(model.model_id))


class Hook(BaseHTTPRequestHandler):
    """A receiver of webhooks that keeps what it gets."""

    got = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        Hook.got.append((dict((k.lower(), v) for k, v in self.headers.items()), body.decode()))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"thanks")

    def log_message(self, *_):
        pass


def check_webhooks_are_made_changed_tested_and_signed():
    if not hasattr(client, "create_webhook"):
        raise Skipped("clients before 3.3 know no webhooks")
    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        webhooks_against(f"http://127.0.0.1:{server.server_port}/hook")
    finally:
        server.shutdown()
        server.server_close()


def webhooks_against(url):
    events = ["registered_model.created", "model_version_tag.set", "model_version_alias.created"]
    hook = client.create_webhook("hook.1", url, events, description="d", secret="s3cret")
    assert hook.status == "ACTIVE" and hook.secret is None and [str(e) for e in hook.events] == events, hook
    assert client.get_webhook(hook.webhook_id).url == url
    assert hook.webhook_id in [w.webhook_id for w in client.list_webhooks()]
    result = client.test_webhook(hook.webhook_id)
    assert result.success and result.response_status == 200 and result.response_body == "thanks", result
    Hook.got.clear()
    name = unique("hooked")
    client.create_registered_model(name, tags={"a": "b"}, description="it")
    version = client.create_model_version(name, "mlflow-artifacts:/0/files").version
    client.set_model_version_tag(name, version, "k", "v")
    client.set_registered_model_alias(name, "blue", version)
    deadline = time.monotonic() + 30
    while len(Hook.got) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    bodies = [json.loads(body) for _, body in Hook.got]
    assert [f"{b['entity']}.{b['action']}" for b in bodies] == events, bodies
    assert [b["data"] for b in bodies] == [
        {"name": name, "tags": {"a": "b"}, "description": "it"},
        {"name": name, "version": "1", "key": "k", "value": "v"},
        {"name": name, "alias": "blue", "version": "1"},
    ], bodies
    for headers, body in Hook.got:
        signed = f"{headers['x-mlflow-delivery-id']}.{headers['x-mlflow-timestamp']}.{body}"
        digest = hmac.new(b"s3cret", signed.encode(), hashlib.sha256).digest()
        assert headers["x-mlflow-signature"] == "v1," + base64.b64encode(digest).decode(), headers
    changed = client.update_webhook(hook.webhook_id, status="DISABLED", events=["model_version.created"])
    assert changed.status == "DISABLED" and [str(e) for e in changed.events] == ["model_version.created"]
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_webhook("x", "http://169.254.169.254/", events))
    client.delete_webhook(hook.webhook_id)
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_webhook(hook.webhook_id))


def main():
    wanted = sys.argv[1:]
    checks = [(name, check) for name, check in globals().items() if name.startswith("check_")]
    for name, check in checks:
        if wanted and name not in wanted:
            continue
        started, error, skipped = time.monotonic(), None, None
        try:
            check()
        except Skipped as reason:
            skipped = str(reason)
        except Exception:
            error = traceback.format_exc()
        finally:
            while mlflow.active_run():
                mlflow.end_run()
        result = {"check": name, "error": error, "skipped": skipped, "seconds": round(time.monotonic() - started, 3)}
        print("RESULT " + json.dumps(result), flush=True)


main()
