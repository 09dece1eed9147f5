"""Models that are logged, registered, loaded and served."""

import time
import urllib.error

import mlflow
import numpy as np
import pandas as pd

from mlflow_support import client, named, new_run, only_bedplate, only_since, post, refused, unique


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
    only_bedplate("a real MLflow server serves no models")
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


def check_a_broken_onnx_file_cannot_become_the_champion():
    only_bedplate("a real MLflow server serves no models")
    run_id, name = new_run(), unique("broken")
    client.log_text(run_id, "this is no model", "model/model.onnx")
    client.create_registered_model(name)
    client.create_model_version(name, f"runs:/{run_id}/model", run_id)
    refused("INVALID_PARAMETER_VALUE", lambda: client.set_registered_model_alias(name, "champion", "1"))
    client.set_registered_model_alias(name, "candidate", "1")
    assert client.get_registered_model(name).aliases == {"candidate": "1"}


def check_logged_models_of_mlflow_3_have_params_tags_and_metrics():
    only_since((3, 0), "clients before 3.0 know no logged models")
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
