"""Experiments, runs, metrics, params, tags and inputs."""

import math
import sys

import mlflow
import pandas as pd
from mlflow.entities import Metric, Param, RunTag

from mlflow_support import client, new_run, not_on_mlflow_before, post, refused, unique


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


def check_data_sets_are_inputs_of_a_run():
    experiment_id = client.create_experiment(unique("inputs"))
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    with mlflow.start_run(experiment_id=experiment_id) as run:
        mlflow.log_input(mlflow.data.from_pandas(frame, source="local.csv", name="small"), context="training")
    inputs = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert [(i.dataset.name, i.tags[0].value) for i in inputs] == [("small", "training")]
    assert len(client.search_runs([experiment_id], "dataset.name = 'small' AND dataset.context = 'training'")) == 1
    assert client.search_runs([experiment_id], "dataset.name = 'other'") == []


def check_data_sets_of_an_experiment_are_summed_up_for_the_page():
    not_on_mlflow_before((3, 0), "a server before 3.0 names a data set under one experiment only")
    experiment_id = client.create_experiment(unique("summed"))
    with mlflow.start_run(experiment_id=experiment_id):
        frame = pd.DataFrame({"x": [1.0, 2.0]})
        mlflow.log_input(mlflow.data.from_pandas(frame, source="local.csv", name="small"), context="training")
    found = post("/ajax-api/2.0/mlflow/experiments/search-datasets", {"experiment_ids": [experiment_id]})
    [summary] = found["dataset_summaries"]
    assert (summary["experiment_id"], summary["name"], summary["context"]) == (experiment_id, "small", "training")
