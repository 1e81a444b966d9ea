"""
A model of Triton's Python backend that runs an ONNX file with ONNX Runtime.

The server copies nothing of this repository: this file becomes `model.py` beside `model.onnx`.
Tensors pass as DLPack, because the backend's own way wants NumPy 1.
"""

from __future__ import annotations

import os
from pathlib import Path
import sys
from typing import Any

# The server's interpreter is isolated: it knows neither PYTHONPATH nor the virtual environment.
sys.path[:0] = os.environ['ISAAC_SEG_SERVER_PATH'].split(os.pathsep)

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
import triton_python_backend_utils as triton  # noqa: E402


class TritonPythonModel:
    """What the server calls."""

    def initialize(self, arguments: dict[str, str]) -> None:
        """Open the ONNX file of this version."""
        folder = Path(arguments['model_repository']) / arguments['model_version']
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(folder / 'model.onnx'), options)

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer each request."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        given = {}
        for spec in self._session.get_inputs():
            tensor = triton.get_input_tensor_by_name(request, spec.name)
            given[spec.name] = np.array(np.from_dlpack(tensor))
        asked = list(request.requested_output_names())
        found = self._session.run(asked, given)
        tensors = [
            # What ONNX Runtime hands out is read-only, which DLPack refuses.
            triton.Tensor.from_dlpack(name, np.array(array))
            for name, array in zip(asked, found, strict=True)
        ]
        return triton.InferenceResponse(tensors)
