"""What an unmodified MLflow client does with a server, a function a check; they stand in the files mlflow_*_checks.py.

Prints one line a check: RESULT {"check": name, "error": text or null, "skipped": text or null, "seconds": number}. The
address and the token come from the environment variables that MLflow itself reads. CHECK_SERVER says whose server
answers, `bedplate` or `mlflow`, for what only one of them can do. Arguments are names of checks; without any, all run.
"""

import importlib
import json
import sys
import time
import traceback
from pathlib import Path

import mlflow

from mlflow_support import Skipped


def find():
    for file in sorted(Path(__file__).parent.glob("mlflow_*_checks.py")):
        for name, check in list(vars(importlib.import_module(file.stem)).items()):
            if name.startswith("check_"):
                yield name, check


def main():
    wanted = sys.argv[1:]
    for name, check in find():
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


if __name__ == "__main__":
    main()
