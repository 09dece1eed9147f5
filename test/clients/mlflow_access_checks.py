"""How clients sign in."""

import os

from mlflow.exceptions import MlflowException

from mlflow_support import client, only_bedplate


def check_basic_sign_in_works_and_a_wrong_token_does_not():
    only_bedplate("a real MLflow server without its auth app lets everybody in")
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
