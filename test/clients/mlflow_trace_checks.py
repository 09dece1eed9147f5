"""Traces: what MLflow's clients and OpenTelemetry's exporters do with them."""

import gzip
import json
import os
import time
import urllib.error
import urllib.request
import uuid

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException

from mlflow_support import client, is_v3, only_since, refused, unique

is_bedplate = os.environ["CHECK_SERVER"] == "bedplate"


def need_v3(reason="clients before 3.0 have no such thing"):
    only_since((3, 0), reason)


def new_experiment():
    """An experiment of its own, into which traces go from now on."""
    return mlflow.set_experiment(unique("traces")).experiment_id


def flush():
    if hasattr(mlflow, "flush_trace_async_logging"):
        mlflow.flush_trace_async_logging()


def id_of(trace):
    return trace.info.trace_id if is_v3 else trace.info.request_id


def in_experiment(experiment_id):
    """Where to search, in the words of both major versions."""
    return {"locations": [experiment_id]} if is_v3 else {"experiment_ids": [experiment_id]}


def find(experiment_id, filter_string=None, **rest):
    flush()
    return client.search_traces(**in_experiment(experiment_id), filter_string=filter_string, **rest)


def last_trace(experiment_id):
    return find(experiment_id, max_results=1)[0]


@mlflow.trace(name="answer", span_type="CHAIN", attributes={"lang": "de"})
def answer(question):
    with mlflow.start_span(name="look up", span_type="RETRIEVER") as span:
        span.set_inputs({"q": question, "größe": [1, 2.5, None]})
        span.set_outputs(["a", "b"])
        span.set_attribute("score", 0.75)
        span.set_attribute("tokens", 2**60 + 1)
        span.set_attribute("empty", [0, False, "", 0.0, [], {}])
    return question + "!"


def check_a_traced_function_is_found_with_its_spans():
    experiment_id = new_experiment()
    assert answer("why") == "why!"
    trace = last_trace(experiment_id)
    assert trace.info.status == "OK" and trace.info.experiment_id == experiment_id
    assert trace.info.execution_time_ms >= 0 and trace.info.timestamp_ms > 1_700_000_000_000
    assert trace.info.tags["mlflow.traceName"] == "answer"
    again = mlflow.get_trace(id_of(trace))
    spans = {span.name: span for span in again.data.spans}
    assert set(spans) == {"answer", "look up"}, spans
    root, child = spans["answer"], spans["look up"]
    assert root.parent_id is None and child.parent_id == root.span_id
    assert root.inputs == {"question": "why"} and root.outputs == "why!"
    assert root.span_type == "CHAIN" and root.get_attribute("lang") == "de"
    assert child.inputs == {"q": "why", "größe": [1, 2.5, None]} and child.outputs == ["a", "b"]
    assert child.get_attribute("score") == 0.75 and child.get_attribute("tokens") == 2**60 + 1
    assert child.get_attribute("empty") == [0, False, "", 0.0, [], {}], child.get_attribute("empty")
    assert child.start_time_ns >= root.start_time_ns and child.end_time_ns <= root.end_time_ns
    assert str(root.status.status_code).endswith("OK")


def check_a_trace_of_a_failure_says_so():
    experiment_id = new_experiment()

    @mlflow.trace
    def fails():
        raise ValueError("as meant")

    try:
        fails()
    except ValueError:
        pass
    trace = last_trace(experiment_id)
    assert trace.info.status == "ERROR"
    [span] = trace.data.spans
    assert [event.name for event in span.events] == ["exception"], span.events
    assert span.events[0].attributes["exception.message"] == "as meant"
    assert len(find(experiment_id, "status = 'ERROR'")) == 1
    assert find(experiment_id, "status = 'OK'") == []


def check_a_trace_belongs_to_the_run_in_which_it_was_made():
    experiment_id = new_experiment()
    with mlflow.start_run() as run:
        answer("in a run")
    answer("outside")
    flush()
    found = client.search_traces(**in_experiment(experiment_id), run_id=run.info.run_id)
    assert len(found) == 1 and found[0].info.request_metadata["mlflow.sourceRun"] == run.info.run_id
    assert len(find(experiment_id)) == 2


def check_traces_are_searched_by_what_they_are_about_in_any_order_and_in_pages():
    experiment_id = new_experiment()
    for at in range(7):
        with mlflow.start_span(name=f"step {at}") as span:
            span.set_inputs({"at": at})
            if is_v3:
                mlflow.update_current_trace(tags={"parity": "even" if at % 2 == 0 else "odd"})
        if not is_v3:
            flush()
            client.set_trace_tag(span.request_id, "parity", "even" if at % 2 == 0 else "odd")
        time.sleep(0.002)
    names = lambda traces: [trace.info.tags["mlflow.traceName"] for trace in traces]
    assert names(find(experiment_id, "tags.parity = 'even'", order_by=["timestamp_ms ASC"])) == [
        "step 0", "step 2", "step 4", "step 6",
    ]
    assert names(find(experiment_id)) == [f"step {at}" for at in reversed(range(7))]
    assert names(find(experiment_id, "trace.name = 'step 3'")) == ["step 3"]
    like = "name LIKE 'step%' AND " if is_v3 or is_bedplate else ""  # MLflow 2.22's server compares names by = only.
    assert names(find(experiment_id, like + "tags.parity = 'odd'", order_by=["timestamp_ms"])) == [
        "step 1", "step 3", "step 5",
    ]
    third = find(experiment_id, "name = 'step 3'")[0].info
    assert names(find(experiment_id, f"timestamp_ms > {third.timestamp_ms}")) == ["step 6", "step 5", "step 4"]
    assert names(find(experiment_id, f"request_id = '{id_of(find(experiment_id, max_results=1)[0])}'")) == ["step 6"]
    assert find(experiment_id, "execution_time_ms > 100000") == []
    seen, token = [], None
    while True:
        flush()
        page = client.search_traces(**in_experiment(experiment_id), max_results=3, page_token=token)
        seen += names(page)
        token = page.token
        if not token:
            break
    assert seen == [f"step {at}" for at in reversed(range(7))], seen
    refused("INVALID_PARAMETER_VALUE", lambda: find(experiment_id, "nonsense = 'x'"))
    refused("INVALID_PARAMETER_VALUE", lambda: find(experiment_id, "name = 'x' OR name = 'y'"))


def check_traces_as_a_table():
    experiment_id = new_experiment()
    answer("one")
    answer("two")
    flush()
    frame = mlflow.search_traces(**in_experiment(experiment_id))
    assert isinstance(frame, pd.DataFrame) and len(frame) == 2, frame
    assert all(len(spans) == 2 for spans in frame["spans"])


def check_tags_of_a_trace_are_set_and_removed():
    experiment_id = new_experiment()
    answer("tagged")
    trace_id = id_of(last_trace(experiment_id))
    client.set_trace_tag(trace_id, "reviewed by", "grüße")
    assert last_trace(experiment_id).info.tags["reviewed by"] == "grüße"
    client.set_trace_tag(trace_id, "reviewed by", "me")
    assert len(find(experiment_id, "tags.`reviewed by` = 'me'")) == 1
    client.delete_trace_tag(trace_id, "reviewed by")
    assert "reviewed by" not in last_trace(experiment_id).info.tags
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.delete_trace_tag(trace_id, "reviewed by"))
    if is_bedplate:  # MLflow's own server answers with the text of a database's error.
        refused("RESOURCE_DOES_NOT_EXIST", lambda: client.set_trace_tag("tr-" + "0" * 31 + "1", "a", "b"))


def check_traces_are_deleted_by_id_and_by_time():
    experiment_id = new_experiment()
    for at in range(4):
        answer(str(at))
        time.sleep(0.005)
    infos = [trace.info for trace in find(experiment_id, order_by=["timestamp_ms ASC"])]
    ids = {"trace_ids" if is_v3 else "request_ids": [infos[3].request_id]}
    assert client.delete_traces(experiment_id, **ids) == 1
    assert len(find(experiment_id)) == 3
    assert client.delete_traces(experiment_id, max_timestamp_millis=infos[2].timestamp_ms, max_traces=1) == 1
    left = [trace.info.request_id for trace in find(experiment_id, order_by=["timestamp_ms ASC"])]
    assert left == [infos[1].request_id, infos[2].request_id]
    assert client.delete_traces(experiment_id, max_timestamp_millis=infos[2].timestamp_ms) == 2
    assert find(experiment_id) == []
    try:
        missing = mlflow.get_trace(infos[0].request_id)
    except MlflowException as error:
        assert error.error_code in ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"), error.error_code
    else:
        assert missing is None


def check_a_trace_of_a_thousand_spans_comes_back_whole():
    experiment_id = new_experiment()
    with mlflow.start_span(name="root"):
        for at in range(999):
            with mlflow.start_span(name=f"child {at % 10}") as span:
                span.set_inputs({"at": at})
    flush()
    trace = last_trace(experiment_id)
    assert len(trace.data.spans) == 1000
    assert {span.inputs["at"] for span in trace.data.spans if span.parent_id} == set(range(999))


def check_feedback_and_expectations_are_kept_with_a_trace():
    need_v3()
    from mlflow.entities import AssessmentSource

    experiment_id = new_experiment()
    answer("assessed")
    trace_id = id_of(last_trace(experiment_id))
    person = AssessmentSource(source_type="HUMAN", source_id="me@example.com")
    good = mlflow.log_feedback(trace_id=trace_id, name="good", value=True, source=person, rationale="it is")
    mlflow.log_feedback(trace_id=trace_id, name="score", value=0.8, source=person, metadata={"k": "v"})
    wanted = mlflow.log_expectation(trace_id=trace_id, name="wanted", value={"a": [1, 2]}, source=person)
    flush()
    held = {a.name: a for a in mlflow.get_trace(trace_id).info.assessments}
    assert held["good"].value is True and held["good"].rationale == "it is" and held["good"].source.source_id == "me@example.com"
    assert held["score"].value == 0.8 and held["score"].metadata["k"] == "v"
    assert held["wanted"].value == {"a": [1, 2]}
    assert len(find(experiment_id, "feedback.good = 'true'")) == 1
    assert find(experiment_id, "feedback.good = 'false'") == []
    assert len(find(experiment_id, "feedback.score > 0.7")) == 1
    assert find(experiment_id, "feedback.score > 0.9") == []
    mlflow.update_assessment(trace_id, good.assessment_id, mlflow.entities.Feedback(name="good", value=False))
    assert mlflow.get_assessment(trace_id, good.assessment_id).value is False
    instead = mlflow.override_feedback(trace_id=trace_id, assessment_id=good.assessment_id, value="maybe", source=person)
    assert mlflow.get_assessment(trace_id, good.assessment_id).valid is False
    assert mlflow.get_assessment(trace_id, instead.assessment_id).overrides == good.assessment_id
    mlflow.delete_assessment(trace_id, wanted.assessment_id)
    refused("RESOURCE_DOES_NOT_EXIST", lambda: mlflow.get_assessment(trace_id, wanted.assessment_id))


def check_traces_are_searched_by_their_spans():
    need_v3()
    experiment_id = new_experiment()
    answer("spanned")
    with mlflow.start_span(name="other", span_type="LLM"):
        pass
    assert len(find(experiment_id, "span.name = 'look up'")) == 1
    assert len(find(experiment_id, "span.type = 'LLM'")) == 1
    assert len(find(experiment_id, "span.name LIKE '%o%'")) == 2
    assert find(experiment_id, "span.name = 'other' AND span.type = 'RETRIEVER'") == []
    assert len(find(experiment_id, "span.attributes.lang LIKE '%de%'")) == 1
    assert len(find(experiment_id, "trace.text LIKE '%größe%'")) == 1


def check_traces_are_linked_to_a_run_afterwards():
    need_v3()
    experiment_id = new_experiment()
    answer("linked")
    trace_id = id_of(last_trace(experiment_id))
    run_id = client.create_run(experiment_id).info.run_id
    client.link_traces_to_run([trace_id], run_id)
    flush()
    found = client.search_traces(**in_experiment(experiment_id), run_id=run_id)
    assert [id_of(trace) for trace in found] == [trace_id]


def send(path, body, headers):
    request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + path, body, headers, method="POST")
    if token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        request.add_header("authorization", "Bearer " + token)
    with urllib.request.urlopen(request) as response:
        return response.read()


def exporter(experiment_id, compression):
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(
        endpoint=os.environ["MLFLOW_TRACKING_URI"] + "/v1/traces",
        headers={
            "x-mlflow-experiment-id": experiment_id,
            "authorization": "Bearer " + os.environ.get("MLFLOW_TRACKING_TOKEN", "none"),
        },
        compression=Compression(compression),
    )


def check_an_opentelemetry_exporter_sends_spans_that_are_found():
    need_v3("the exporter is installed beside the newest client only")
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import Status, StatusCode

    for compression in ["none", "gzip", "deflate"]:
        experiment_id = new_experiment()
        provider = TracerProvider(resource=Resource.create({"service.name": "shop", "deployment.environment": "test"}))
        provider.add_span_processor(BatchSpanProcessor(exporter(experiment_id, compression)))
        tracer = provider.get_tracer("checks")
        with tracer.start_as_current_span("checkout") as root:
            root.set_attribute("session.id", "s-1")
            root.set_attribute("prices", [1.5, 2.5])
            with tracer.start_as_current_span("pay", attributes={"card": "visa", "tries": 2}) as child:
                child.add_event("declined", {"reason": "limit"})
                child.set_status(Status(StatusCode.ERROR, "no money"))
        assert provider.force_flush()
        provider.shutdown()
        [trace] = find(experiment_id, "span.name = 'pay' AND span.status = 'ERROR'")
        assert trace.info.status == "OK" and trace.info.tags["service.name"] == "shop", trace.info
        assert trace.info.trace_metadata["mlflow.trace.session"] == "s-1"
        assert len(find(experiment_id, "metadata.`mlflow.trace.session` = 's-1'")) == 1
        spans = {span.name: span for span in trace.data.spans}
        assert spans["pay"].attributes["card"] == "visa" and spans["pay"].attributes["tries"] == 2
        assert spans["pay"].events[0].attributes["reason"] == "limit"
        assert spans["pay"].status.description == "no money"
        assert spans["checkout"].attributes["prices"] == [1.5, 2.5]


def check_spans_come_as_json_too():
    need_v3()
    experiment_id = new_experiment()
    trace_id, span_id = uuid.uuid4().hex, uuid.uuid4().hex[:16]
    now = time.time_ns()
    span = {
        "traceId": trace_id,
        "spanId": span_id,
        "name": "by json",
        "kind": 2,
        "startTimeUnixNano": str(now),
        "endTimeUnixNano": str(now + 1_234_567),
        "attributes": [
            {"key": "text", "value": {"stringValue": "grüße"}},
            {"key": "count", "value": {"intValue": "9007199254740993"}},
            {"key": "nested", "value": {"kvlistValue": {"values": [{"key": "a", "value": {"arrayValue": {"values": [{"boolValue": True}]}}}]}}},
        ],
        "status": {"code": 1},
    }
    body = json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [span]}]}]}).encode()
    headers = {"content-type": "application/json", "content-encoding": "gzip", "x-mlflow-experiment-id": experiment_id}
    send("/v1/traces", gzip.compress(body), headers)
    trace = mlflow.get_trace("tr-" + trace_id)
    [found] = trace.data.spans
    assert found.start_time_ns == now and found.end_time_ns == now + 1_234_567
    assert found.attributes["count"] == 9007199254740993 and found.attributes["nested"] == {"a": [True]}
    assert found.attributes["text"] == "grüße" and found.span_id == span_id
    for broken in [b"{", b"[]", b'{"resourceSpans": 1}', json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "x"}]}]}]}).encode()]:
        try:
            send("/v1/traces", broken, {**headers, "content-encoding": "identity"} if is_bedplate else headers)
        except urllib.error.HTTPError as error:
            assert 400 <= error.code < 500, error.code
        else:
            raise AssertionError(f"was not refused: {broken}")


def check_the_page_gets_a_trace_as_a_file():
    need_v3()
    experiment_id = new_experiment()
    answer("file")
    trace_id = id_of(last_trace(experiment_id))
    request = urllib.request.Request(
        os.environ["MLFLOW_TRACKING_URI"] + f"/ajax-api/3.0/mlflow/get-trace-artifact?request_id={trace_id}"
    )
    if token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        request.add_header("authorization", "Bearer " + token)
    with urllib.request.urlopen(request) as response:
        data = mlflow.entities.TraceData.from_dict(json.load(response))
    spans = {span.name: span for span in data.spans}
    assert spans["look up"].attributes["tokens"] == 2**60 + 1 and spans["answer"].inputs == {"question": "file"}


def check_traces_made_by_the_low_level_client():
    experiment_id = new_experiment()
    begin, end = ("start_trace", "end_trace")
    root = getattr(client, begin)("by hand", inputs={"x": 1}, tags={"t": "u"}, experiment_id=experiment_id)
    request_id = root.trace_id if is_v3 else root.request_id
    child = client.start_span("inner", request_id, root.span_id, span_type="TOOL")
    client.end_span(request_id, child.span_id, outputs=3)
    getattr(client, end)(request_id, outputs={"y": 2})
    trace = last_trace(experiment_id)
    assert trace.info.tags["t"] == "u" and len(trace.data.spans) == 2
    assert json.loads(trace.data.request) == {"x": 1} and json.loads(trace.data.response) == {"y": 2}
