"""Prints every address that the MLflow server beside this Python serves: ROUTES [[method, path], ...]."""

import json

from mlflow.server import app

found = {(method, str(rule)) for rule in app.url_map.iter_rules() for method in rule.methods}
try:
    from mlflow.server.fastapi_app import create_fastapi_app

    paths = create_fastapi_app(app).openapi()["paths"]
    found |= {(method.upper(), path) for path, methods in paths.items() for method in methods}
except ImportError:
    pass  # Servers before 3.0 have Flask's addresses only.
print("ROUTES " + json.dumps(sorted(each for each in found if each[0] not in ("HEAD", "OPTIONS"))))
