"""What Triton's own Python client sees of the service; one check a call, by name."""
import asyncio
import os
import sys

import numpy as np
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException, np_to_triton_dtype


def headers():
    """New each time: the client writes lengths of its own into the mapping that it is given."""
    return {"Authorization": f"Bearer {os.environ['CHECK_TOKEN']}"}


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


def given(name, array, binary=True):
    one = triton.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
    one.set_data_from_numpy(array, binary_data=binary)
    return one


def same(got, wanted):
    if wanted.dtype == object:
        got = np.array([[each.decode() if isinstance(each, bytes) else each for each in row] for row in got], dtype=object)
    assert got.shape == wanted.shape and (got == wanted).all(), (got, wanted)


def about(client):
    assert client.is_server_live(headers=headers()) and client.is_server_ready(headers=headers())
    assert client.is_model_ready("linear", headers=headers()) and not client.is_model_ready("none", headers=headers())
    assert "binary_tensor_data" in client.get_server_metadata(headers=headers())["extensions"]
    assert client.get_model_metadata("linear", headers=headers())["inputs"][0]["datatype"] == "FP32"
    assert client.get_model_config("linear", headers=headers())["input"][0]["data_type"] == "TYPE_FP32"


def values(client):
    for datatype, array in SAMPLES.items():
        name = f"identity-{datatype}"
        same(client.infer(name, [given("x", array)], headers=headers()).as_numpy("y"), array)
        asked = [triton.InferRequestedOutput("y", binary_data=True)]
        same(client.infer(name, [given("x", array)], outputs=asked, headers=headers()).as_numpy("y"), array)
        # The client writes no JSON for infinities and FP16.
        if datatype not in ("FP16", "FP32"):
            plain = [triton.InferRequestedOutput("y", binary_data=False)]
            result = client.infer(name, [given("x", array, False)], outputs=plain, headers=headers())
            same(result.as_numpy("y"), array)


def linear(client):
    rows = np.array([[3, 4], [0, 0]], np.float32)
    result = client.infer("linear", [given("x", rows)], request_id="r1", model_version="1", headers=headers())
    same(result.as_numpy("y"), np.array([[43.5], [0.5]], np.float32))
    assert result.get_response()["id"] == "r1" and result.get_response()["model_version"] == "1"


def packed(client):
    array = np.arange(5000, dtype=np.float32).reshape(1, -1)
    for name in ("gzip", "deflate"):
        result = client.infer(
            "identity-FP32",
            [given("x", array)],
            headers=headers(),
            request_compression_algorithm=name,
            response_compression_algorithm=name,
        )
        same(result.as_numpy("y"), array)


def in_parallel(client):
    rows = [np.array([[at, 0]], np.float32) for at in range(50)]
    calls = [client.async_infer("linear", [given("x", row)], headers=headers()) for row in rows]
    for at, call in enumerate(calls):
        same(call.get_result().as_numpy("y"), np.array([[at + 0.5]], np.float32))


def errors(client):
    rows = np.zeros((1, 2), np.float32)
    wrong = [
        lambda: client.infer("none", [given("x", rows)], headers=headers()),
        lambda: client.infer("linear", [given("z", rows)], headers=headers()),
        lambda: client.infer("linear", [given("x", np.zeros((1, 3), np.float32))], headers=headers()),
        lambda: client.infer("linear", [given("x", rows.astype(np.float64))], headers=headers()),
        lambda: client.infer("linear", [given("x", rows)], model_version="9", headers=headers()),
        lambda: client.infer("linear", [given("x", rows)]),
    ]
    for call in wrong:
        try:
            call()
        except InferenceServerException as error:
            assert len(error.message()) > 10, error.message()
        else:
            raise AssertionError("it was not refused")


def repository(client):
    names = [each["name"] for each in client.get_model_repository_index(headers=headers())]
    assert "linear" in names, names
    client.unload_model("linear", headers=headers())
    assert not client.is_model_ready("linear", headers=headers())
    client.load_model("linear", headers=headers())
    linear(client)
    stats = client.get_inference_statistics("linear", headers=headers())["model_stats"][0]
    assert stats["inference_stats"]["success"]["count"] >= 1, stats


def aio(_):
    """The variant for asyncio, with a client of its own."""

    async def ask():
        async with triton_aio.InferenceServerClient(os.environ["CHECK_URL"]) as client:
            assert await client.is_model_ready("linear", headers=headers())
            rows = np.array([[3, 4]], np.float32)
            calls = [client.infer("linear", [given("x", rows)], headers=headers()) for _ in range(10)]
            for result in await asyncio.gather(*calls):
                same(result.as_numpy("y"), np.array([[43.5]], np.float32))

    asyncio.run(ask())


CHECKS = {
    "about": about,
    "values": values,
    "linear": linear,
    "async": in_parallel,
    "packed": packed,
    "errors": errors,
    "repository": repository,
    "aio": aio,
}

with triton.InferenceServerClient(os.environ["CHECK_URL"], concurrency=10) as http:
    CHECKS[sys.argv[1]](http)
