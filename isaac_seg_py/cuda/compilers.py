"""
What compiles kernels: NVRTC through NVIDIA's Python packages, or a toolkit's nvcc.

Neither needs a GPU. NVRTC is taken first, because it starts no process.
"""

from __future__ import annotations

from functools import lru_cache
import os
from pathlib import Path
import re
import shutil
import subprocess
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, Protocol

from ..errors import BackendError, BackendUnavailable

# Products and sums stay apart, so that each device rounds as a processor does, on which the
# kernels are tested.
OPTIONS: Final = ('-std=c++17', '-fmad=false')
_TIMEOUT_S: Final = 300


class Compiled(NamedTuple):
    """What a compiler made, and what it had to say."""

    image: bytes
    log: str


class Compiler(Protocol):
    """A compiler and what it can make."""

    version: str
    architectures: tuple[int, ...]
    """Compute capabilities as numbers (8.7 is 87), in rising order."""

    def compile(self, source: str, name: str, target: str) -> Compiled:
        """Compile for a target such as sm_87 (to cubin) or compute_87 (to PTX)."""


class Nvrtc:
    """The compiler library, which pip installs: cuda-python or nvidia-cuda-nvrtc."""

    def __init__(self) -> None:
        """Find the library; raise BackendUnavailable when it is not here."""
        try:
            from cuda.bindings import nvrtc

            self._nvrtc: Any = nvrtc
            major, minor = self._checked(nvrtc.nvrtcVersion())
            (architectures,) = self._checked(nvrtc.nvrtcGetSupportedArchs())
        except (ImportError, OSError, RuntimeError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise BackendUnavailable(
                f'NVRTC cannot be used ({reason}); type: '
                'pip install cuda-bindings nvidia-cuda-nvrtc'
            ) from error
        self.version = f'NVRTC {major}.{minor}'
        self.architectures = tuple(sorted(architectures))

    def compile(self, source: str, name: str, target: str) -> Compiled:
        """Compile for a target; raise BackendError with what NVRTC said when it cannot."""
        nvrtc = self._nvrtc
        (program,) = self._checked(
            nvrtc.nvrtcCreateProgram(source.encode(), f'{name}.cu'.encode(), 0, [], [])
        )
        try:
            options = [f'--gpu-architecture={target}', *OPTIONS]
            (status,) = nvrtc.nvrtcCompileProgram(
                program, len(options), [option.encode() for option in options]
            )
            said = self._read(program, nvrtc.nvrtcGetProgramLogSize, nvrtc.nvrtcGetProgramLog)
            log = said.decode(errors='replace').strip('\0\n ')
            if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
                raise _failure(self, name, target, log)
            if target.startswith('sm_'):
                image = self._read(program, nvrtc.nvrtcGetCUBINSize, nvrtc.nvrtcGetCUBIN)
            else:
                image = self._read(program, nvrtc.nvrtcGetPTXSize, nvrtc.nvrtcGetPTX)
            return Compiled(image, log)
        finally:
            nvrtc.nvrtcDestroyProgram(program)

    def _read(self, program: Any, size_of: Any, fill: Any) -> bytes:
        (size,) = self._checked(size_of(program))
        # The binding takes bytes and writes to them; nobody else has seen these.
        place = bytes(size)
        self._checked(fill(program, place))
        return place

    def _checked(self, answer: tuple[Any, ...]) -> tuple[Any, ...]:
        status, *values = answer
        if status != self._nvrtc.nvrtcResult.NVRTC_SUCCESS:
            raise BackendError(f'NVRTC failed: {status.name}')
        return tuple(values)


class Nvcc:
    """The compiler of a CUDA toolkit."""

    def __init__(self) -> None:
        """Find nvcc on the path or below CUDA_HOME; raise BackendUnavailable without one."""
        homes = [os.environ.get('CUDA_HOME', ''), '/usr/local/cuda']
        places = [os.environ.get('PATH', ''), *(f'{home}/bin' for home in homes if home)]
        program = shutil.which('nvcc', path=os.pathsep.join(places))
        if program is None:
            raise BackendUnavailable(
                'nvcc is not on the path; install the CUDA toolkit, or type: '
                'pip install cuda-bindings nvidia-cuda-nvrtc'
            )
        self._program = program
        try:
            release = re.search(r'V([\d.]+)', self._run('--version').stdout)
            found = re.findall(r'sm_(\d+)\b', self._run('--list-gpu-code').stdout)
        except (OSError, subprocess.SubprocessError) as error:
            raise BackendUnavailable(
                f'{program} does not run ({error}); install the CUDA toolkit anew'
            ) from error
        self.version = f'nvcc {release[1] if release else "of an unknown version"}'
        self.architectures = tuple(sorted(map(int, found)))

    def compile(self, source: str, name: str, target: str) -> Compiled:
        """Compile for a target; raise BackendError with what nvcc said when it cannot."""
        kind = '--cubin' if target.startswith('sm_') else '--ptx'
        with TemporaryDirectory(prefix='isaac_seg_py-') as folder:
            given, made = Path(folder, f'{name}.cu'), Path(folder, f'{name}.image')
            given.write_text(source, encoding='utf-8')
            done = self._run(
                kind, f'-arch={target}', *OPTIONS, '-o', str(made), str(given), check=False
            )
            log = (done.stdout + done.stderr).strip()
            if done.returncode:
                raise _failure(self, name, target, log)
            return Compiled(made.read_bytes(), log)

    def _run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._program, *arguments],
            capture_output=True,
            text=True,
            check=check,
            timeout=_TIMEOUT_S,
        )


@lru_cache(maxsize=1)
def find_compiler() -> Compiler:
    """Return the first compiler that is here; raise BackendUnavailable when none is."""
    reasons = []
    for kind in (Nvrtc, Nvcc):
        try:
            return kind()
        except BackendUnavailable as error:
            reasons.append(str(error))
    raise BackendUnavailable(f'kernels cannot be compiled: {"; ".join(reasons)}')


def _failure(compiler: Compiler, name: str, target: str, log: str) -> BackendError:
    return BackendError(
        f'{compiler.version} cannot compile {name}.cu for {target}; this is an error of the '
        f'package, please report it: {log}'
    )
