"""What KServe's own Python SDK sees of the service: V1 and V2 over HTTP, and gRPC."""
import asyncio
import os

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

URL = os.environ["CHECK_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['CHECK_TOKEN']}"}
METADATA = (("authorization", HEADERS["Authorization"]),)
ROWS = np.array([[3, 4], [0, 0]], np.float32)
WANTED = np.array([[43.5], [0.5]], np.float32)


def request(binary):
    tensor = InferInput(name="x", shape=list(ROWS.shape), datatype="FP32")
    tensor.set_data_from_numpy(ROWS, binary_data=binary)
    return InferRequest(model_name="linear", infer_inputs=[tensor], request_id="r1")


async def over_v1():
    async with InferenceRESTClient(RESTConfig(protocol="v1", retries=0)) as client:
        # Its `is_server_live` asks for `/`, where the console is.
        assert await client.is_model_ready(URL, "linear", headers=HEADERS)
        answer = await client.infer(URL, {"instances": ROWS.tolist()}, model_name="linear", headers=HEADERS)
        assert answer == {"predictions": WANTED.tolist()}, answer


async def over_v2():
    async with InferenceRESTClient(RESTConfig(protocol="v2", retries=0)) as client:
        assert await client.is_server_ready(URL, headers=HEADERS)
        assert await client.is_model_ready(URL, "linear", headers=HEADERS)
        for binary in (False, True):
            answer = await client.infer(URL, request(binary), model_name="linear", headers=dict(HEADERS))
            assert answer.id == "r1" and (answer.outputs[0].as_numpy() == WANTED).all(), answer
        try:
            await client.infer(URL, request(False), model_name="none", headers=dict(HEADERS))
        except Exception as error:
            assert "404" in str(error), error
        else:
            raise AssertionError("it was not refused")


async def over_grpc():
    async with InferenceGRPCClient(os.environ["CHECK_GRPC"], retries=0) as client:
        assert await client.is_server_live() and await client.is_server_ready()
        assert await client.is_model_ready("linear", headers=METADATA)
        for binary in (False, True):
            answer = await client.infer(request(binary), headers=METADATA)
            assert answer.id == "r1" and (answer.outputs[0].as_numpy() == WANTED).all(), answer


async def every_way():
    await over_v1()
    await over_v2()
    await over_grpc()


asyncio.run(every_way())
