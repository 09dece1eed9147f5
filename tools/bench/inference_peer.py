"""Makes the models of the benchmark, or serves them as people do with FastAPI and ONNX Runtime.

    python inference_peer.py models <folder>
    python inference_peer.py serve <folder> <port>
"""
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(sys.argv[2])


def make():
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(1)

    def save(name, nodes, weights, shape, out):
        graph = helper.make_graph(
            nodes,
            name,
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, out)],
            [numpy_helper.from_array(value.astype(np.float32), key) for key, value in weights.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())

    def layers(sizes):
        weights, nodes, last = {}, [], "x"
        for at, (rows, columns) in enumerate(zip(sizes, sizes[1:])):
            weights[f"w{at}"] = random.standard_normal((rows, columns)) / np.sqrt(rows)
            weights[f"b{at}"] = np.zeros(columns)
            nodes.append(helper.make_node("Gemm", [last, f"w{at}", f"b{at}"], [f"g{at}"]))
            nodes.append(helper.make_node("Relu", [f"g{at}"], [f"h{at}"]))
            last = f"h{at}"
        nodes.append(helper.make_node("Softmax", [last], ["y"]))
        return nodes, weights

    def encoder(blocks, width, hidden):
        weights, nodes, last = {}, [], "x"

        def node(kind, inputs, **attributes):
            name = f"t{len(nodes)}"
            nodes.append(helper.make_node(kind, inputs, [name], **attributes))
            return name

        def times(value, rows, columns):
            name = f"w{len(weights)}"
            weights[name] = random.standard_normal((rows, columns)) / np.sqrt(rows)
            return node("MatMul", [value, name])

        def settled(value, added):
            scale, bias = f"w{len(weights)}", f"w{len(weights) + 1}"
            weights[scale], weights[bias] = np.ones(width), np.zeros(width)
            return node("LayerNormalization", [node("Add", [value, added]), scale, bias], axis=-1)

        for _ in range(blocks):
            query, key, value = (times(last, width, width) for _ in range(3))
            scores = node("MatMul", [query, node("Transpose", [key], perm=[0, 2, 1])])
            attention = node("MatMul", [node("Softmax", [scores], axis=-1), value])
            last = settled(last, times(attention, width, width))
            last = settled(last, times(node("Relu", [times(last, width, hidden)]), hidden, width))
        nodes.append(helper.make_node("ReduceMean", [last], ["y"], axes=[1], keepdims=0))
        return nodes, weights

    save("encoder", *encoder(2, 128, 512), ["n", 64, 128], ["n", 128])
    save("iris", *layers([4, 3]), ["n", 4], ["n", 3])
    save("mlp", *layers([1024, 2048, 2048, 1024, 100]), ["n", 1024], ["n", 100])
    save("image", [helper.make_node("Neg", ["x"], ["y"])], {}, ["n", 3, 224, 224], ["n", 3, 224, 224])


def serve():
    import onnxruntime
    import uvicorn
    from fastapi import FastAPI
    from pydantic import BaseModel

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = {
        path.stem: onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        for path in FOLDER.glob("*.onnx")
    }

    class Tensor(BaseModel):
        name: str
        shape: list[int]
        datatype: str
        data: list

    class Request(BaseModel):
        id: str | None = None
        inputs: list[Tensor]

    app = FastAPI()

    @app.post("/v2/models/{model}/infer")
    async def infer(model: str, request: Request):
        feeds = {one.name: np.array(one.data, np.float32).reshape(one.shape) for one in request.inputs}
        (y,) = sessions[model].run(["y"], feeds)
        output = {"name": "y", "datatype": "FP32", "shape": list(y.shape), "data": y.ravel().tolist()}
        return {"model_name": model, "model_version": "1", "outputs": [output]}

    @app.get("/ready")
    async def ready():
        return {}

    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[3]), loop="uvloop", http="httptools", log_level="error")


{"models": make, "serve": serve}[sys.argv[1]]()
