"""Webhooks: made, changed, tested, delivered and signed."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from mlflow_support import client, new_run, only_bedplate, only_since, refused, unique


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
    only_since((3, 3), "clients before 3.3 know no webhooks")
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
    assert hook.status == "ACTIVE" and hook.secret is None and {str(e) for e in hook.events} == set(events), hook
    assert client.get_webhook(hook.webhook_id).url == url
    assert hook.webhook_id in [w.webhook_id for w in client.list_webhooks()]
    result = client.test_webhook(hook.webhook_id)
    assert result.success and result.response_status == 200 and result.response_body == "thanks", result
    Hook.got.clear()
    name = unique("hooked")
    client.create_registered_model(name, tags={"a": "b"}, description="it")
    run_id = new_run()
    version = client.create_model_version(name, client.get_run(run_id).info.artifact_uri, run_id).version
    client.set_model_version_tag(name, version, "k", "v")
    client.set_registered_model_alias(name, "blue", version)
    deadline = time.monotonic() + 30
    while len(Hook.got) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    bodies = [json.loads(body) for _, body in Hook.got]
    # A real server delivers from many threads, in no order.
    bodies.sort(key=lambda each: events.index(f"{each['entity']}.{each['action']}"))
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
    client.delete_webhook(hook.webhook_id)
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_webhook(hook.webhook_id))


def check_webhooks_do_not_reach_into_the_network_of_the_server():
    only_since((3, 3), "clients before 3.3 know no webhooks")
    only_bedplate("a real MLflow server under test is told to allow private addresses, because the receiver has one")
    for url in ["http://169.254.169.254/", "http://10.0.0.1/hook", "ftp://example.com/hook"]:
        refused("INVALID_PARAMETER_VALUE", lambda url=url: client.create_webhook("x", url, ["model_version.created"]))
