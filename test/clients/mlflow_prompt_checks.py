"""Prompts, which are registered models with tags of their own."""

import mlflow

from mlflow_support import client, is_v3, only_since, unique

prompts = mlflow.genai if is_v3 else mlflow


def check_a_prompt_is_registered_given_an_alias_and_loaded_and_is_no_model():
    name = unique("prompt")
    made = prompts.register_prompt(name=name, template="Hello {{name}}", commit_message="first", tags={"team": "a"})
    assert (made.name, int(made.version)) == (name, 1)
    assert prompts.register_prompt(name=name, template="Hi {{name}}").template == "Hi {{name}}"
    assert prompts.load_prompt(f"prompts:/{name}/1").template == "Hello {{name}}"
    prompts.set_prompt_alias(name, alias="prod", version=2)
    assert prompts.load_prompt(f"prompts:/{name}@prod").format(name="you") == "Hi you"
    assert client.search_registered_models(f"name = '{name}'") == []
    assert client.search_model_versions(f"name = '{name}'") == []
    prompts.delete_prompt_alias(name, alias="prod")
    with mlflow.start_run(experiment_id=client.create_experiment(unique("prompted"))):
        assert prompts.load_prompt(f"prompts:/{name}/1").commit_message == "first"


def check_prompts_are_searched_tagged_and_deleted_by_newer_clients():
    only_since((3, 1), "clients before 3.1 search no prompts")
    name = unique("prompt")
    prompts.register_prompt(name=name, template="one")
    prompts.register_prompt(name=name, template="two")
    assert [each.name for each in prompts.search_prompts(filter_string=f"name = '{name}'")] == [name]
    assert sorted(each.version for each in client.search_prompt_versions(name)) == [1, 2]
    client.set_prompt_tag(name, "owner", "b")
    client.set_prompt_version_tag(name, 1, "checked", "yes")
    assert client.get_prompt(name).tags["owner"] == "b"
    assert client.get_prompt_version(name, 1).tags["checked"] == "yes"
    client.delete_prompt_version_tag(name, 1, "checked")
    client.delete_prompt_version(name, "2")
    assert [each.version for each in client.search_prompt_versions(name)] == [1]
    client.delete_prompt_version(name, "1")
    client.delete_prompt(name)
    assert client.get_prompt(name) is None
