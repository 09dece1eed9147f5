"""Registered models, versions, aliases and stages."""

from concurrent.futures import ThreadPoolExecutor

import mlflow

from mlflow_support import client, new_run, not_on_mlflow_before, refused, unique


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
    client.delete_model_version(name, "3")
    assert str(client.create_model_version(name, source, run_id).version) == "4"
    client.rename_registered_model(name, name + "-2")
    assert str(client.get_model_version(name + "-2", "4").version) == "4"
    client.delete_registered_model(name + "-2")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(name + "-2"))


def check_a_version_that_is_deleted_takes_its_aliases_along():
    not_on_mlflow_before((3, 0), "a server before 3.0 keeps aliases of deleted versions")
    run_id, name = new_run(), unique("aliased")
    client.create_registered_model(name)
    client.create_model_version(name, client.get_run(run_id).info.artifact_uri, run_id)
    client.set_registered_model_alias(name, "old", "1")
    assert client.get_registered_model(name).aliases == {"old": "1"}
    assert client.get_model_version(name, "1").aliases == ["old"]
    client.delete_model_version(name, "1")
    assert client.get_registered_model(name).aliases == {}
    refused("INVALID_PARAMETER_VALUE", lambda: client.get_model_version_by_alias(name, "old"))


def check_models_and_versions_are_found_by_filter_and_in_order():
    run_id, mark = new_run(), unique("find")
    source = client.get_run(run_id).info.artifact_uri
    for at, team in enumerate(["a", "b", "a"]):
        client.create_registered_model(f"{mark}-{at}", tags={"team": team, "size": "it's"})
        client.create_model_version(f"{mark}-{at}", source, run_id, tags={"at": str(at)})

    def models(filter_string, **more):
        return [each.name[-1] for each in client.search_registered_models(filter_string, **more)]

    def versions(filter_string, **more):
        return [each.name[-1] for each in client.search_model_versions(filter_string, **more)]

    like = f"name LIKE '{mark}%'"
    assert models(like) == ["0", "1", "2"]
    assert models(like, order_by=["name DESC"]) == ["2", "1", "0"]
    assert models(f"name ILIKE '{mark.upper()}%' AND tags.team = 'a'") == ["0", "2"]
    assert models(f"{like} AND tags.team != 'a'") == ["1"]
    assert models(f"{like} AND tag.`team` LIKE 'b%'") == ["1"]
    assert models(f"name = '{mark}-1'") == ["1"]
    assert models(f"{like} AND tags.none = 'x'") == []
    first = client.search_registered_models(like, max_results=2)
    assert len(first) == 2 and first.token
    assert [each.name[-1] for each in client.search_registered_models(like, max_results=2, page_token=first.token)] == ["2"]
    assert sorted(versions(f"run_id = '{run_id}'")) == ["0", "1", "2"]
    assert versions(f"{like} AND tags.at = '1'") == ["1"]
    assert versions(f"run_id IN ('{run_id}') AND name = '{mark}-2'") == ["2"]
    assert versions(f"{like} AND version_number > 1") == []
    assert versions(like, order_by=["name DESC"]) == ["2", "1", "0"]
    assert versions(f"source_path = '{source}' AND name = '{mark}-0'") == ["0"]
    for bad in ["name ~ 'x'", "name = x", "stage = 'None'", "name = 'a' OR name = 'b'", "name ="]:
        refused("INVALID_PARAMETER_VALUE", lambda bad=bad: client.search_model_versions(bad))
    for bad in ["name ~ 'x'", "name = x", "name > 'a'", "description = 'a'", "name = 'a' OR name = 'b'"]:
        refused("INVALID_PARAMETER_VALUE", lambda bad=bad: client.search_registered_models(bad))


def check_a_copied_version_has_the_files_of_its_source():
    run_id, name = new_run(), unique("copied")
    client.log_text(run_id, "weights", "model/weights.txt")
    client.create_registered_model(name)
    client.create_model_version(name, f"{client.get_run(run_id).info.artifact_uri}/model", run_id)
    copy = client.copy_model_version(f"models:/{name}/1", name + "-production")
    assert (copy.name, str(copy.version), copy.source) == (name + "-production", "1", f"models:/{name}/1")
    uri = client.get_model_version_download_uri(copy.name, "1")
    with open(mlflow.artifacts.download_artifacts(uri + "/weights.txt")) as file:
        assert file.read() == "weights"


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
    not_on_mlflow_before((3, 0), "a server before 3.0 takes a source on another host")
    name = unique("outside")
    client.create_registered_model(name)
    for source in ["/etc", "file:///etc", "mlflow-artifacts:/../etc", "mlflow-artifacts:/%2e%2e/etc", "http://example.com/x"]:
        refused("INVALID_PARAMETER_VALUE", lambda source=source: client.create_model_version(name, source))
