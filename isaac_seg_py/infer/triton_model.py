"""What a Triton server says of a model: whether it is ready, what it takes and gives."""

from __future__ import annotations

from collections.abc import Iterable
import contextlib
import time
from typing import Any, Final

import numpy as np

from ..errors import BackendUnavailable, ModelError
from ..infer_config import InferConfig
from ..tensors import Dim, TensorSpec

# By numpy's names, those of Triton.
DTYPES: Final = {
    'bool': 'BOOL',
    'uint8': 'UINT8',
    'uint16': 'UINT16',
    'uint32': 'UINT32',
    'uint64': 'UINT64',
    'int8': 'INT8',
    'int16': 'INT16',
    'int32': 'INT32',
    'int64': 'INT64',
    'float16': 'FP16',
    'float32': 'FP32',
    'float64': 'FP64',
}
_NUMPY_NAMES: Final = {triton: numpy for numpy, triton in DTYPES.items()}
_LOOK_AGAIN_S: Final = 0.1
_ONE_CALL_S: Final = 2.0
_NO_ANSWER: Final = ('StatusCode.UNAVAILABLE', 'StatusCode.DEADLINE_EXCEEDED')


def import_client() -> Any:
    """Import Triton's client library."""
    try:
        import tritonclient.grpc
    except (ImportError, RuntimeError) as error:
        # The client says with a RuntimeError that it was installed without gRPC.
        raise BackendUnavailable(
            "the client of Triton is not installed; type: pip install 'tritonclient[grpc]'"
        ) from error
    return tritonclient.grpc


def wait_for_model(client: Any, library: Any, model: str, config: InferConfig) -> None:
    """Return when the model is ready; raise what is in the way when the time is over."""
    end = time.monotonic() + config.server_timeout
    while True:
        status: Any = None
        try:
            if client.is_model_ready(model, config.model_version, client_timeout=_ONE_CALL_S):
                return
        except library.InferenceServerException as error:
            status = error
        if time.monotonic() >= end:
            break
        time.sleep(_LOOK_AGAIN_S)
    if status is not None and status.status() in _NO_ANSWER:
        raise BackendUnavailable(
            f'no Triton server answers at {config.server_url}: {reason_of(status)}. Start it, or '
            'correct server_url (host and gRPC port)'
        ) from status
    which = f'{model} version {config.model_version}' if config.model_version else model
    raise ModelError(
        f'the Triton server at {config.server_url} has no model {which} that is ready; it has '
        f'{_models(client)}. Correct model_name or model_version, or give the server the model'
    ) from status


def read_model(
    client: Any, model: str, config: InferConfig
) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    """Return what a model takes and gives."""
    found = client.get_model_metadata(model, config.model_version, client_timeout=_ONE_CALL_S)
    return _specs(model, found.inputs), _specs(model, found.outputs)


def reason_of(error: Exception) -> str:
    """Return what a server or the system has to say, on one line."""
    message = getattr(error, 'message', None)
    text = message() if callable(message) else str(error)
    status = getattr(error, 'status', None)
    if callable(status) and status() == 'StatusCode.DEADLINE_EXCEEDED':
        return 'no answer in time (request_timeout)'
    return ' '.join(str(text).split())


def _specs(model: str, tensors: Iterable[Any]) -> tuple[TensorSpec, ...]:
    specs = []
    for tensor in tensors:
        dtype = _NUMPY_NAMES.get(tensor.datatype)
        if dtype is None:
            raise ModelError(
                f'tensor {tensor.name!r} of model {model} is of type {tensor.datatype}, which '
                'NumPy does not have'
            )
        shape: tuple[Dim, ...] = tuple(None if dim < 0 else int(dim) for dim in tensor.shape)
        specs.append(TensorSpec(tensor.name, shape, np.dtype(dtype)))
    return tuple(specs)


def _models(client: Any) -> str:
    with contextlib.suppress(Exception):
        index = client.get_model_repository_index(client_timeout=_ONE_CALL_S)
        names = [f'{m.name} ({m.reason})' if m.reason else m.name for m in index.models]
        return ', '.join(names) or 'none'
    return 'models that it does not tell'
