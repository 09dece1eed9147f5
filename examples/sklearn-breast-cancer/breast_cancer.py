"""Trains a classifier of breast tumours with scikit-learn, registers it as ONNX, promotes it and asks it over HTTP.

Everything here is the ordinary MLflow client and plain HTTP: MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN say where.
A second run finds the model served and only asks it; --retrain trains a new version.
"""

import argparse
import csv
import os
import sys
import time
from pathlib import Path

import mlflow
import mlflow.onnx
import numpy as np
import requests
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, recall_score, roc_auc_score
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

MODEL = "breast-cancer"
CLASSES = ("benign", "malignant")
RECIPE = {"C": 1.0, "max_iter": 1000, "folds": 5, "held_out": 0.25, "seed": 1995}
LOAD_LIMIT_SECONDS = 60
ANSWER_LIMIT_SECONDS = 30


def load():
    """Gives the measurements (569 x 30, 32-bit floats) and the diagnoses (0 benign, 1 malignant)."""
    path = Path(__file__).with_name("breast-cancer.csv")
    with path.open(newline="", encoding="utf-8") as file:
        _, *rows = csv.reader(file)
    measurements = np.array([row[:-1] for row in rows], dtype=np.float32)
    diagnoses = np.array([CLASSES.index(row[-1]) for row in rows], dtype=np.int64)
    return measurements, diagnoses


def split(measurements, diagnoses):
    """Holds out a quarter; the same one every time."""
    return train_test_split(
        measurements,
        diagnoses,
        test_size=RECIPE["held_out"],
        random_state=RECIPE["seed"],
        stratify=diagnoses,
    )


def fit(x_learn, y_learn):
    """Fits a scaled logistic regression; gives it with its accuracy in cross-validation."""
    classifier = LogisticRegression(C=RECIPE["C"], max_iter=RECIPE["max_iter"])
    pipeline = make_pipeline(StandardScaler(), classifier)
    folds = cross_val_score(pipeline, x_learn, y_learn, cv=RECIPE["folds"])
    return pipeline.fit(x_learn, y_learn), folds


def train():
    """Trains, logs and registers; gives the number of the new version."""
    x_learn, x_held_out, y_learn, y_held_out = split(*load())
    mlflow.set_experiment("sklearn-breast-cancer")
    with mlflow.start_run():
        mlflow.log_params(RECIPE)
        pipeline, folds = fit(x_learn, y_learn)
        for fold, accuracy in enumerate(folds):
            mlflow.log_metric("fold_accuracy", accuracy, step=fold)
        guesses = pipeline.predict(x_held_out)
        scores = pipeline.predict_proba(x_held_out)[:, 1]
        metrics = {
            "cv_accuracy": folds.mean(),
            "test_accuracy": accuracy_score(y_held_out, guesses),
            "test_recall_malignant": recall_score(y_held_out, guesses),
            "test_roc_auc": roc_auc_score(y_held_out, scores),
        }
        mlflow.log_metrics(metrics)
        for name, value in metrics.items():
            print(f"  {name}: {value:.4f}")
        return register(pipeline, x_learn)


def register(pipeline, sample):
    """Turns the pipeline into ONNX and registers it. The service wants one file: no external data."""
    onnx = to_onnx(
        pipeline,
        sample[:1],
        options={"zipmap": False},
        target_opset={"": 17, "ai.onnx.ml": 3},
    )
    onnx.graph.doc_string = "Breast tumours: 0 benign, 1 malignant"
    signature = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, sample.shape[1]), "X")]),
        outputs=Schema(
            [
                TensorSpec(np.dtype(np.int64), (-1,), "label"),
                TensorSpec(np.dtype(np.float32), (-1, len(CLASSES)), "probabilities"),
            ]
        ),
    )
    info = mlflow.onnx.log_model(
        onnx,
        name="model",
        registered_model_name=MODEL,
        signature=signature,
        save_as_external_data=False,
        pip_requirements=["onnxruntime"],
    )
    return int(info.registered_model_version)


def promote(version):
    """Points the alias `champion` at a version: that, and not the upload, changes what is served."""
    mlflow.MlflowClient().set_registered_model_alias(MODEL, "champion", str(version))


def champion():
    """Gives the version that is the champion, or None."""
    try:
        return int(mlflow.MlflowClient().get_model_version_by_alias(MODEL, "champion").version)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def infer(rows):
    """Asks the served model (Open Inference Protocol V2); gives the version that answered, labels and probabilities."""
    answer = requests.post(
        f"{mlflow.get_tracking_uri()}/v2/models/{MODEL}/infer",
        json={
            "inputs": [
                {"name": "X", "shape": rows.shape, "datatype": "FP32", "data": rows.ravel().tolist()}
            ]
        },
        headers={"Authorization": f"Bearer {os.environ['MLFLOW_TRACKING_TOKEN']}"},
        timeout=ANSWER_LIMIT_SECONDS,
    )
    body = answer.json()
    if not answer.ok:
        raise requests.HTTPError(f"{answer.status_code}: {body.get('error', body)}")
    tensors = {tensor["name"]: np.reshape(tensor["data"], tensor["shape"]) for tensor in body["outputs"]}
    return body.get("model_version"), tensors["label"], tensors["probabilities"]


def infer_when_served(rows, version):
    """Asks as soon as this version answers, at most a minute long."""
    deadline = time.monotonic() + LOAD_LIMIT_SECONDS
    while True:
        try:
            answer = infer(rows)
            if answer[0] is None or answer[0] == str(version):
                return answer
            reason = f"version {answer[0]} answers"
        except requests.RequestException as error:
            reason = str(error)
        if time.monotonic() > deadline:
            sys.exit(f"{MODEL} version {version} is not served after {LOAD_LIMIT_SECONDS} s: {reason}")
        time.sleep(0.3)


def ask(version):
    """Sends the held-out tumours and sets the answers beside the truth."""
    _, x_held_out, _, y_held_out = split(*load())
    _, labels, probabilities = infer_when_served(x_held_out, version)
    print(f"\nPOST {mlflow.get_tracking_uri()}/v2/models/{MODEL}/infer with {len(labels)} tumours it never saw:\n")
    print("  radius  prediction            truth")
    for at, (label, truth) in enumerate(zip(labels, y_held_out)):
        if at % 25 != 0 and label == truth:
            continue
        guess = f"{CLASSES[label]} ({probabilities[at][label]:.0%})"
        mark = "" if label == truth else "  <- wrong"
        print(f"  {x_held_out[at][0]:6.2f}  {guess:<20}  {CLASSES[truth]}{mark}")
    right = int((labels == y_held_out).sum())
    print(f"\n{right} of {len(labels)} right ({right / len(labels):.1%}).")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--retrain", action="store_true", help="train a new version even if one is served")
    retrain = arguments.parse_args().retrain
    version = champion()
    if version is not None and not retrain:
        print(f"{MODEL} version {version} is served already: nothing changed (--retrain trains a new one).")
    else:
        version = train()
        promote(version)
        print(f"Registered {MODEL} version {version} and promoted it: it is served now.")
    ask(version)


if __name__ == "__main__":
    try:
        main()
    except (MlflowException, requests.RequestException) as error:
        sys.exit(f"The platform at {mlflow.get_tracking_uri()} refused or did not answer: {error}")
