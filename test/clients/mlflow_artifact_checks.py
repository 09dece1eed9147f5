"""Files of runs, whole and in parts."""

import os
import tempfile

import mlflow

from mlflow_support import client, new_run


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
