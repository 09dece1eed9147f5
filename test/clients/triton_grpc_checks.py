"""What Triton's own Python client sees of the gRPC surface; one check a call, by name, or all of them."""
import asyncio
import os
import sys
import threading

import numpy as np
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

HEADERS = {"authorization": f"Bearer {os.environ['CHECK_TOKEN']}"}
SAMPLES = {
    "BOOL": np.array([[True, False]]),
    "UINT8": np.array([[0, 255]], np.uint8),
    "UINT16": np.array([[0, 65535]], np.uint16),
    "UINT32": np.array([[0, 2**32 - 1]], np.uint32),
    "UINT64": np.array([[0, 2**64 - 1]], np.uint64),
    "INT8": np.array([[-128, 127]], np.int8),
    "INT16": np.array([[-(2**15), 2**15 - 1]], np.int16),
    "INT32": np.array([[-(2**31), 2**31 - 1]], np.int32),
    "INT64": np.array([[-(2**63), 2**63 - 1]], np.int64),
    "FP16": np.array([[1.5, -0.0]], np.float16),
    "FP32": np.array([[0.1, np.inf]], np.float32),
    "FP64": np.array([[0.1, -1e300]], np.float64),
    "BYTES": np.array([["", "ä € 😀"]], dtype=object),
}
TYPED = {
    "BOOL": "bool_contents",
    "INT8": "int_contents",
    "INT64": "int64_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
}


def given(name, array):
    one = triton.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
    one.set_data_from_numpy(array)
    return one


def same(got, wanted):
    if wanted.dtype == object:
        got = np.array([[each.decode() for each in row] for row in got], dtype=object)
    assert got.shape == wanted.shape and (got == wanted).all(), (got, wanted)


def refused(call, code):
    try:
        call()
    except InferenceServerException as error:
        assert error.status() == f"StatusCode.{code}" and len(error.message()) > 10, (error.status(), error.message())
    else:
        raise AssertionError("it was not refused")


def about(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("linear", headers=HEADERS) and not client.is_model_ready("none", headers=HEADERS)
    assert client.get_server_metadata(headers=HEADERS).name == "bedplate"
    assert client.get_model_metadata("linear", headers=HEADERS).inputs[0].datatype == "FP32"
    config = client.get_model_config("linear", headers=HEADERS, as_json=True)["config"]
    assert config["input"][0]["data_type"] == "TYPE_FP32" and config["backend"] == "onnxruntime", config


def values(client):
    for datatype, array in SAMPLES.items():
        name = f"identity-{datatype}"
        same(client.infer(name, [given("x", array)], headers=HEADERS).as_numpy("y"), array)
        if datatype in TYPED:
            request = service_pb2.ModelInferRequest(model_name=name)
            tensor = request.inputs.add(name="x", datatype=datatype, shape=list(array.shape))
            getattr(tensor.contents, TYPED[datatype]).extend(array.flatten().tolist())
            answer = client._client_stub.ModelInfer(request, metadata=list(HEADERS.items()))
            assert answer.raw_output_contents[0] == array.tobytes(), datatype


def linear(client):
    rows = np.array([[3, 4], [0, 0]], np.float32)
    asked = [triton.InferRequestedOutput("y")]
    result = client.infer(
        "linear", [given("x", rows)], outputs=asked, request_id="r1", model_version="1", headers=HEADERS
    )
    same(result.as_numpy("y"), np.array([[43.5], [0.5]], np.float32))
    assert result.get_response().id == "r1" and result.get_response().model_version == "1"


def parallel(client):
    rows = [np.array([[at, 0]], np.float32) for at in range(50)]
    answers, done = {}, threading.Semaphore(0)

    def keep(at):
        def callback(result, error):
            answers[at] = error or result.as_numpy("y")
            done.release()

        return callback

    for at, row in enumerate(rows):
        client.async_infer("linear", [given("x", row)], keep(at), headers=HEADERS)
    for _ in rows:
        assert done.acquire(timeout=60)
    for at in range(50):
        same(answers[at], np.array([[at + 0.5]], np.float32))


def packed(client):
    array = np.arange(5000, dtype=np.float32).reshape(1, -1)
    for name in ("gzip", "deflate"):
        result = client.infer("identity-FP32", [given("x", array)], headers=HEADERS, compression_algorithm=name)
        same(result.as_numpy("y"), array)


def errors(client):
    rows = np.zeros((1, 2), np.float32)
    wide = np.zeros((1, 3), np.float32)
    refused(lambda: client.infer("none", [given("x", rows)], headers=HEADERS), "NOT_FOUND")
    refused(lambda: client.infer("linear", [given("x", rows)], model_version="9", headers=HEADERS), "NOT_FOUND")
    refused(lambda: client.infer("linear", [given("z", rows)], headers=HEADERS), "INVALID_ARGUMENT")
    refused(lambda: client.infer("linear", [given("x", wide)], headers=HEADERS), "INVALID_ARGUMENT")
    refused(lambda: client.infer("linear", [given("x", rows)]), "UNAUTHENTICATED")


def deadline(client):
    rows = np.zeros((1, 2), np.float32)
    refused(lambda: client.infer("linear", [given("x", rows)], client_timeout=1e-6, headers=HEADERS), "DEADLINE_EXCEEDED")
    refused(lambda: client.infer("linear", [given("x", rows)], timeout=-1, headers=HEADERS), "INVALID_ARGUMENT")


def repository(client):
    names = [each.name for each in client.get_model_repository_index(headers=HEADERS).models]
    assert "linear" in names, names
    client.unload_model("linear", headers=HEADERS)
    assert not client.is_model_ready("linear", headers=HEADERS)
    client.load_model("linear", headers=HEADERS)
    linear(client)
    stats = client.get_inference_statistics("linear", headers=HEADERS).model_stats[0]
    assert stats.inference_stats.success.count >= 1 and stats.inference_count >= 2, stats


def not_offered(client):
    refused(lambda: client.get_system_shared_memory_status(headers=HEADERS), "UNIMPLEMENTED")
    refused(lambda: client.get_trace_settings(headers=HEADERS), "UNIMPLEMENTED")
    refused(lambda: client.get_log_settings(headers=HEADERS), "UNIMPLEMENTED")
    ended, answers = threading.Event(), []

    def callback(result, error):
        answers.append(error)
        ended.set()

    client.start_stream(callback, headers=HEADERS)
    try:
        client.async_stream_infer("linear", [given("x", np.zeros((1, 2), np.float32))])
    except InferenceServerException:
        # The refusal may be there before the first request is.
        pass
    assert ended.wait(60) and answers[0].status() == "StatusCode.UNIMPLEMENTED", answers
    client.stop_stream()


def aio(_):
    """The variant for asyncio, with a client of its own."""

    async def ask():
        async with triton_aio.InferenceServerClient(os.environ["CHECK_URL"]) as client:
            assert await client.is_model_ready("linear", headers=HEADERS)
            rows = np.array([[3, 4]], np.float32)
            calls = [client.infer("linear", [given("x", rows)], headers=HEADERS) for _ in range(10)]
            for result in await asyncio.gather(*calls):
                same(result.as_numpy("y"), np.array([[43.5]], np.float32))

    asyncio.run(ask())


CHECKS = {
    "about": about,
    "values": values,
    "linear": linear,
    "parallel": parallel,
    "packed": packed,
    "errors": errors,
    "deadline": deadline,
    "repository": repository,
    "refused": not_offered,
    "aio": aio,
}

with triton.InferenceServerClient(os.environ["CHECK_URL"]) as grpc:
    for name, check in CHECKS.items():
        if sys.argv[1] in (name, "all"):
            print(name)
            check(grpc)
