"""
The half of TensorRT that needs a GPU, over the recorder of test/cuda: plans are ONNX files.

It stands in only where the real library cannot run: it loads plans and runs them, late and on
addresses, as a device does. What it has is called as in the real one, which a test compares.
"""

from __future__ import annotations

from enum import Enum
import json
from pathlib import Path
import sys
from typing import Any

import numpy as np
import onnx
import onnxruntime

sys.path.insert(0, str(Path(__file__).parent / 'cuda'))

DataType = Enum('DataType', 'FLOAT HALF INT8 INT32 INT64 BOOL UINT8 BF16')
TensorIOMode = Enum('TensorIOMode', 'INPUT OUTPUT')
TensorFormat = Enum('TensorFormat', 'LINEAR CHW32')
TensorLocation = Enum('TensorLocation', 'DEVICE HOST')
EngineValidity = Enum('EngineValidity', 'VALID SUBOPTIMAL INVALID')
_KINDS = {1: 'FLOAT', 10: 'HALF', 3: 'INT8', 6: 'INT32', 7: 'INT64', 9: 'BOOL', 2: 'UINT8',
          16: 'BF16'}  # fmt: skip


class ILogger:
    """What a program subclasses to hear the library."""

    def log(self, severity: int, message: str) -> None:
        raise NotImplementedError


def make_plan(
    model: Path, profiles: list[dict[str, list[list[int]]]] | None = None, **facts: Any
) -> bytes:
    """Return a plan of a model; `facts` say what is odd about it."""
    head = json.dumps({'profiles': profiles or [{}], **facts}).encode()
    return b'PLAN' + len(head).to_bytes(4, 'little') + head + model.read_bytes()


class PretendTensorRt:
    """The module: what `import tensorrt_rtx` gives, on a recorded device."""

    ILogger = ILogger
    ComputeCapability = Enum('ComputeCapability', 'NONE CURRENT SM89 SM90')
    DataType = DataType
    TensorIOMode = TensorIOMode
    TensorFormat = TensorFormat
    TensorLocation = TensorLocation
    EngineValidity = EngineValidity

    def __init__(self, binding: Any) -> None:
        self.binding = binding
        self.contexts = 0
        self.refuses = b''
        self.memory_is_full = False
        self.caches: list[RuntimeCache] = []

    def Runtime(self, logger: ILogger) -> Runtime:
        return Runtime(self, logger)


class Runtime:
    def __init__(self, library: PretendTensorRt, logger: ILogger) -> None:
        self.library = library
        self.logger = logger
        self.engine_host_code_allowed = False

    def get_engine_validity(self, plan: bytes) -> tuple[EngineValidity, int]:
        return EngineValidity.VALID, 0

    def deserialize_cuda_engine(self, plan: bytes) -> Engine | None:
        if plan[:4] != b'PLAN' or plan == self.library.refuses:
            self.logger.log(1, 'Error Code 1: the plan was made for another GPU')
            return None
        return Engine(self, plan)


class RuntimeCache:
    def __init__(self) -> None:
        self.content = b''
        self.was_read = False

    def deserialize(self, blob: bytes) -> bool:
        self.was_read = blob.startswith(b'KERNELS')
        self.content = blob if self.was_read else b''
        return self.was_read

    def serialize(self) -> bytes:
        return self.content or b'KERNELS of this GPU'


class RuntimeConfig:
    def __init__(self, library: PretendTensorRt) -> None:
        self.library = library

    def create_runtime_cache(self) -> RuntimeCache:
        self.library.caches.append(RuntimeCache())
        return self.library.caches[-1]

    def set_runtime_cache(self, cache: RuntimeCache) -> bool:
        return cache in self.library.caches


class Engine:
    device_memory_size_v2 = 5_000_000

    def __init__(self, runtime: Runtime, plan: bytes) -> None:
        self.library = runtime.library
        self.logger = runtime.logger
        size = int.from_bytes(plan[4:8], 'little')
        self.facts = json.loads(plan[8 : 8 + size])
        model = onnx.load_from_string(plan[8 + size :])
        self.values = [*model.graph.input, *model.graph.output]
        self.names = [value.name for value in self.values]
        self.inputs = [value.name for value in model.graph.input]
        self.outputs = [value.name for value in model.graph.output]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options)

    @property
    def num_io_tensors(self) -> int:
        return len(self.names)

    @property
    def num_optimization_profiles(self) -> int:
        return len(self.facts['profiles'])

    def get_tensor_name(self, index: int) -> str:
        return self.names[index]

    def get_tensor_mode(self, name: str) -> TensorIOMode:
        return TensorIOMode.INPUT if name in self.inputs else TensorIOMode.OUTPUT

    def get_tensor_dtype(self, name: str) -> DataType:
        kind = self.values[self.names.index(name)].type.tensor_type.elem_type
        return DataType[self.facts.get('dtype', {}).get(name, _KINDS[kind])]

    def get_tensor_shape(self, name: str) -> list[int]:
        dims = self.values[self.names.index(name)].type.tensor_type.shape.dim
        return [dim.dim_value if dim.HasField('dim_value') else -1 for dim in dims]

    def get_tensor_format(self, name: str) -> TensorFormat:
        return TensorFormat[self.facts.get('format', 'LINEAR')]

    def get_tensor_location(self, name: str) -> TensorLocation:
        return TensorLocation[self.facts.get('location', 'DEVICE')]

    def get_tensor_profile_shape(self, name: str, profile: int) -> list[list[int]]:
        return self.facts['profiles'][profile][name]

    def create_runtime_config(self) -> RuntimeConfig:
        return RuntimeConfig(self.library)

    def create_execution_context(self, config: RuntimeConfig | None = None) -> Context | None:
        if self.library.memory_is_full:
            self.logger.log(1, 'Error Code 2: OutOfMemory')
            return None
        self.library.contexts += 1
        return Context(self)


class Context:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.binding = engine.library.binding
        self.active_optimization_profile = 0
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.addresses: dict[str, int] = {}
        self.found: dict[tuple[Any, ...], dict[str, tuple[int, ...]]] = {}
        for name in engine.inputs:
            shape = engine.get_tensor_shape(name)
            if -1 not in shape:
                self.shapes[name] = tuple(shape)

    def set_optimization_profile_async(self, profile: int, stream: int) -> bool:
        self.active_optimization_profile = profile
        return True

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        before = self.shapes.get(name, ())
        self.shapes[name] = tuple(shape)
        if self._covered(name) and list(shape) != self.engine.facts.get('dislikes'):
            return True
        self.shapes[name] = before
        self.engine.logger.log(1, 'the shape lies outside of the profile')
        return False

    def infer_shapes(self) -> list[str]:
        return [name for name in self.engine.inputs if name not in self.shapes]

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        if self.engine.facts.get('data_dependent'):
            return (-1,)
        key = tuple(self.shapes.items())
        if key not in self.found:
            given = {n: np.zeros(s, self._dtype(n)) for n, s in self.shapes.items()}
            outputs = self.engine.session.run(None, given)
            shapes = [array.shape for array in outputs]
            self.found[key] = dict(zip(self.engine.outputs, shapes, strict=True))
        return {**self.shapes, **self.found[key]}[name]

    def set_tensor_address(self, name: str, address: int) -> bool:
        assert name in self.engine.names
        self.addresses[name] = address
        return True

    def execute_async_v3(self, stream: int) -> bool:
        missing = [name for name in self.engine.names if name not in self.addresses]
        if missing or self.infer_shapes() or self.engine.facts.get('fails'):
            self.engine.logger.log(1, f'Error Code 3: no address for {missing}')
            return False
        shapes = {name: self.get_tensor_shape(name) for name in self.engine.names}
        if not all(self._covered(name) for name in self.engine.inputs):
            self.engine.logger.log(1, 'Error Code 3: shapes of another profile')
            return False
        addresses = dict(self.addresses)

        def step() -> None:
            given = {n: self._array(n, addresses[n], shapes[n]) for n in self.engine.inputs}
            outputs = self.engine.session.run(None, given)
            for name, array in zip(self.engine.outputs, outputs, strict=True):
                self._array(name, addresses[name], shapes[name])[...] = array

        self.binding._put(stream, step)
        return True

    def _covered(self, name: str) -> bool:
        profile = self.engine.facts['profiles'][self.active_optimization_profile]
        if name not in profile:
            return True
        low, _, high = profile[name]
        return all(a <= b <= c for a, b, c in zip(low, self.shapes[name], high, strict=True))

    def _array(self, name: str, address: int, shape: tuple[int, ...]) -> np.ndarray:
        dtype = self._dtype(name)
        nbytes = int(np.prod(shape)) * dtype.itemsize
        return self.binding._bytes(address, nbytes).view(dtype).reshape(shape)

    def _dtype(self, name: str) -> np.dtype:
        kind = self.engine.values[self.engine.names.index(name)].type.tensor_type.elem_type
        return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind))
