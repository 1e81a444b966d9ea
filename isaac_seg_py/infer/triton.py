"""A network on a Triton Inference Server, over gRPC and, on one host, shared memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
import threading
from typing import Any, Final

import numpy as np

from .base import Arrays, Backend
from .triton_exchange import is_this_host, SharedExchange
from .triton_model import DTYPES, import_client, read_model, reason_of, wait_for_model
from ..errors import BackendError, ConfigError, ModelError
from ..infer_config import InferConfig

# gRPC waits for up to two minutes before it looks for a server again, if it is not told.
_CHANNEL: Final = (
    ('grpc.max_send_message_length', -1),
    ('grpc.max_receive_message_length', -1),
    ('grpc.initial_reconnect_backoff_ms', 100),
    ('grpc.min_reconnect_backoff_ms', 100),
    ('grpc.max_reconnect_backoff_ms', 1000),
)


def open_triton(
    model: Path, config: InferConfig, outputs: Sequence[str], say: Callable[[str], None]
) -> Backend:
    """Open a model of a server; its name is the file's without ending, unless one is set."""
    return TritonBackend(config.model_name or model.stem, config, outputs, say)


class TritonBackend(Backend):
    """
    A network run by a Triton Inference Server.

    While the server is away every frame is an error; once it is back, frames pass again.
    """

    name = 'triton'

    def __init__(
        self, model: str, config: InferConfig, outputs: Sequence[str], say: Callable[[str], None]
    ) -> None:
        """Wait until the server is ready, and ask what the model takes and gives."""
        if '://' in config.server_url:
            raise ConfigError(
                f'server_url is {config.server_url!r}; host:port of the gRPC service is expected, '
                'as in localhost:8001'
            )
        self._library = import_client()
        self._model, self._config, self._say = model, config, say
        self._lock = threading.Lock()
        self._lost = False
        self._memory: SharedExchange | None = None
        wanted = config.shared_memory
        self._may_share = wanted == 'on' or (wanted == 'auto' and is_this_host(config.server_url))
        self._client = self._library.InferenceServerClient(
            config.server_url, channel_args=list(_CHANNEL)
        )
        try:
            wait_for_model(self._client, self._library, model, config)
            self.inputs, every = read_model(self._client, model, config)
            known = {spec.name: spec for spec in every}
            missing = [name for name in outputs if name not in known]
            if missing:
                raise ModelError(
                    f'model {model} of the Triton server has no output {", ".join(missing)}; it '
                    f'has {", ".join(known)}. Set output_binding_names to match'
                )
        except self._library.InferenceServerException as error:
            self._client.close()
            raise BackendError(
                f'the Triton server at {config.server_url} does not describe {model}: '
                f'{reason_of(error)}. Look into its log'
            ) from error
        except BaseException:
            self._client.close()
            raise
        self.outputs = tuple(known[name] for name in outputs) or every

    def run(self, inputs: Arrays) -> Arrays:
        """Have the server run the network."""
        with self._lock:
            try:
                if self._lost:
                    self._find_again()
                return self._ask(inputs)
            except self._library.InferenceServerException as error:
                self._lost = True
                self._forget_memory()
                raise BackendError(
                    f'the Triton server at {self._config.server_url} did not run '
                    f'{self._model}: {reason_of(error)}'
                ) from error

    def release(self) -> None:
        """Take the memory back and close the connection."""
        with self._lock:
            self._forget_memory()
            self._client.close()

    def _find_again(self) -> None:
        """Make sure that a server that was away has the same model still."""
        inputs, outputs = read_model(self._client, self._model, self._config)
        if inputs != self.inputs or not set(self.outputs) <= set(outputs):
            raise BackendError(
                f'model {self._model} of the Triton server has changed: it takes '
                f'{"; ".join(map(str, inputs))} and gives {"; ".join(map(str, outputs))}. '
                'Restart this node'
            )
        self._lost = False

    def _ask(self, inputs: Arrays) -> Arrays:
        if self._memory is not None and not self._memory.fits(inputs):
            self._forget_memory()
        if self._memory is not None:
            given, asked = self._memory.filled(inputs)
            return self._memory.results(self._infer(given, asked))
        given = []
        for name, array in inputs.items():
            tensor = self._library.InferInput(name, list(array.shape), DTYPES[array.dtype.name])
            given.append(tensor.set_data_from_numpy(np.ascontiguousarray(array)))
        asked = [self._library.InferRequestedOutput(spec.name) for spec in self.outputs]
        result = self._infer(given, asked)
        found = {spec.name: result.as_numpy(spec.name) for spec in self.outputs}
        if self._may_share:
            # Now it is known how large the results are.
            self._share(inputs, found)
        return found

    def _infer(self, inputs: list[Any], outputs: list[Any]) -> Any:
        return self._client.infer(
            self._model,
            inputs,
            model_version=self._config.model_version,
            outputs=outputs,
            client_timeout=self._config.request_timeout,
        )

    def _share(self, inputs: Arrays, outputs: Arrays) -> None:
        try:
            self._memory = SharedExchange(self._library, self._client, inputs, outputs)
        except (self._library.InferenceServerException, OSError) as error:
            if self._config.shared_memory == 'on':
                raise BackendError(
                    f'shared_memory is on, but the Triton server at {self._config.server_url} '
                    f'cannot use it: {reason_of(error)}. Let both see the same /dev/shm, or set '
                    'shared_memory to auto'
                ) from error
            self._may_share = False
            self._say(f'tensors go to the Triton server over the network: {reason_of(error)}')

    def _forget_memory(self) -> None:
        if self._memory is not None:
            self._memory.close()
            self._memory = None
