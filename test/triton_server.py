"""A real Triton Inference Server for tests, out of the wheel nvidia-pytriton."""

from __future__ import annotations

import importlib.util
import itertools
import os
from pathlib import Path
import shutil
import socket
import subprocess
import sys
import time
from typing import Any

import onnx
import pytest

_READY_S = 40


def missing() -> str:
    """Return why there is no server here, empty where there is one."""
    for module, package in (('pytriton', 'nvidia-pytriton'), ('tritonclient', 'tritonclient')):
        if importlib.util.find_spec(module) is None:
            return f'{package} is not installed; make test installs it on x86_64 Linux'
    if not _stub().is_file():
        return (
            f'nvidia-pytriton has no part for Python {sys.version_info[0]}.{sys.version_info[1]}'
        )
    linked = subprocess.run(['ldd', _stub()], capture_output=True, text=True, check=False)
    if 'not found' in linked.stdout:
        absent = [line.split()[0] for line in linked.stdout.splitlines() if 'not found' in line]
        return f'nvidia-pytriton needs {", ".join(absent)} of this machine'
    return ''


class TritonServer:
    """A server on a free port, whose models come and go while it runs."""

    def __init__(self, folder: Path) -> None:
        """Take an empty folder; `start` starts the server."""
        self._repository = folder / 'repository'
        self._repository.mkdir()
        self._backends = folder / 'backends'
        self._log = folder / 'log.txt'
        shutil.copytree(_files() / 'backends', self._backends)
        shutil.copy(_stub(), self._backends / 'python')
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self._port = free.getsockname()[1]
        self._numbers = itertools.count()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return host and port."""
        return f'127.0.0.1:{self._port}'

    def start(self) -> None:
        """Start the server and wait until it answers."""
        environment = {
            **os.environ,
            'LD_LIBRARY_PATH': str(_files().parent.parent / 'nvidia_pytriton.libs'),
            'ISAAC_SEG_SERVER_PATH': os.pathsep.join(path for path in sys.path if path),
        }
        command = [
            *(str(_files() / 'bin/tritonserver'), f'--model-repository={self._repository}'),
            *(f'--backend-directory={self._backends}', '--model-control-mode=explicit'),
            *('--allow-http=false', '--allow-metrics=false', '--disable-auto-complete-config'),
            *('--grpc-address=127.0.0.1', f'--grpc-port={self._port}'),
        ]
        with self._log.open('ab') as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self._wait(lambda: self.client().is_server_ready(client_timeout=1.0), 'the server')
        for model in sorted(self._repository.iterdir()):
            self.load(model.name)

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None

    def add(self, onnx_file: Path, name: str = '', version: str = '1') -> str:
        """Serve an ONNX file; return the name of the model."""
        name = name or f'model_{next(self._numbers)}'
        folder = self._repository / name / version
        folder.mkdir(parents=True)
        shutil.copy(onnx_file, folder / 'model.onnx')
        shutil.copy(Path(__file__).parent / 'triton_python_model.py', folder / 'model.py')
        (folder.parent / 'config.pbtxt').write_text(_config(onnx_file))
        if self._process is not None:
            self.load(name)
        return name

    def replace(self, name: str, onnx_file: Path) -> None:
        """Serve another ONNX file under the name of a model, from the next start on."""
        shutil.rmtree(self._repository / name)
        self.add(onnx_file, name)

    def remove(self, name: str) -> None:
        """Serve a model no longer."""
        self.client().unload_model(name, client_timeout=_READY_S)
        shutil.rmtree(self._repository / name)

    def load(self, name: str) -> None:
        """Have the server load a model, again where it has changed."""
        self.client().load_model(name, client_timeout=_READY_S)

    def client(self) -> Any:
        """Return a client of Triton's own."""
        import tritonclient.grpc

        return tritonclient.grpc.InferenceServerClient(self.url)

    def _wait(self, ready: Any, what: str) -> None:
        from tritonclient.utils import InferenceServerException

        end = time.monotonic() + _READY_S
        while time.monotonic() < end:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            try:
                if ready():
                    return
            except InferenceServerException:
                pass
            time.sleep(0.05)
        tail = self._log.read_text(errors='replace')[-2000:]
        pytest.fail(f'{what} was not ready within {_READY_S} s:\n{tail}')


def _files() -> Path:
    spec = importlib.util.find_spec('pytriton')
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / 'tritonserver'


def _stub() -> Path:
    version = f'{sys.version_info[0]}.{sys.version_info[1]}'
    return _files() / 'python_backend_stubs' / version / 'triton_python_backend_stub'


def _config(path: Path) -> str:
    """Return what Triton is told of a model: the tensors of the ONNX file."""
    graph = onnx.load(str(path)).graph
    lines = ['backend: "python"', 'max_batch_size: 0', 'instance_group [{ kind: KIND_CPU }]']
    for side, values in (('input', graph.input), ('output', graph.output)):
        for value in values:
            kind = value.type.tensor_type
            dims = [dim.dim_value if dim.HasField('dim_value') else -1 for dim in kind.shape.dim]
            name = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type).name.upper()
            name = name.replace('FLOAT', 'FP')
            lines.append(
                f'{side} [{{ name: "{value.name}" data_type: TYPE_{name} dims: {dims} }}]'
            )
    lines.append('version_policy: { all {}}')
    return '\n'.join(lines) + '\n'
