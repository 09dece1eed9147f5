"""A model for the Python backend of Triton that runs an ONNX model with ONNX Runtime, all requests of a batch at once."""
import os
import sys

# The process that runs this is started in isolation, so it does not look there by itself.
sys.path[:0] = os.environ["PYTHONPATH"].split(os.pathsep)

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = os.path.join(args["model_repository"], args["model_version"], "model.onnx")
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def execute(self, requests):
        given = [pb_utils.get_input_tensor_by_name(request, "x").as_numpy() for request in requests]
        (y,) = self._session.run(["y"], {"x": np.concatenate(given)})
        ends = np.cumsum([len(rows) for rows in given])[:-1]
        return [
            pb_utils.InferenceResponse(output_tensors=[pb_utils.Tensor("y", rows)])
            for rows in np.split(y, ends)
        ]
