"""
Kernels compiled for a device, from a cache where they were compiled before.

A file of the cache is named by a hash of source, options, target and compiler. It begins with a
hash of what follows, so that a damaged one is noticed and made anew.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
import re
import tempfile
from typing import Final, TYPE_CHECKING

from .compilers import Compiler, find_compiler, OPTIONS
from ..errors import BackendUnavailable

if TYPE_CHECKING:
    from .device import Device
    from .module import Kernel

KERNELS: Final = ('preprocess', 'postprocess', 'mask_upscale', 'memory_write', 'memory_read')
SOURCES: Final = Path(__file__).parent / 'kernels'

_INCLUDE: Final = re.compile(r'#include "([\w.]+)"')
_DIGEST: Final = hashlib.sha256().digest_size


def load_kernel(device: Device, name: str) -> Kernel:
    """Return one of KERNELS, ready for that device; it is compiled if it never was."""
    return device.module(kernel_image(name, device.compute_capability)).kernel(name)


def kernel_image(
    name: str, capability: tuple[int, int], compiler: Compiler | None = None
) -> bytes:
    """
    Return what `Device.module` takes: a kernel for a compute capability such as (8, 7).

    `compiler` is the one that is found when it is left out.
    """
    compiler = compiler or find_compiler()
    target = find_target(capability, compiler)
    source = source_of(name)
    words = '\0'.join((source, *OPTIONS, target, compiler.version))
    path = cache_folder() / f'{name}-{hashlib.sha256(words.encode()).hexdigest()[:32]}'
    image = _read(path)
    if image is None:
        image = compiler.compile(source, name, target).image
        _write(path, image)
    return image


def find_target(capability: tuple[int, int], compiler: Compiler) -> str:
    """Return the target for a device: its own code, or else text that its driver compiles."""
    wanted = 10 * capability[0] + capability[1]
    if wanted in compiler.architectures:
        return f'sm_{wanted}'
    older = [known for known in compiler.architectures if known < wanted]
    if not older:
        raise BackendUnavailable(
            f'{compiler.version} makes nothing for a GPU of compute capability '
            f'{capability[0]}.{capability[1]}; use another version of CUDA'
        )
    return f'compute_{max(older)}'


def source_of(name: str) -> str:
    """Return the source of a kernel with all that it includes, each once."""
    return _with_includes(f'{name}.cu', set())


def cache_folder() -> Path:
    """Return where compiled kernels are kept."""
    home = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(home) / 'isaac_seg_py' / 'kernels'


def _with_includes(file: str, seen: set[str]) -> str:
    lines = [f'#line 1 "{file}"']
    text = (SOURCES / file).read_text(encoding='utf-8')
    for number, line in enumerate(text.splitlines(), 1):
        found = _INCLUDE.fullmatch(line.strip())
        if found is None:
            lines.append('' if line == '#pragma once' else line)
        elif found[1] not in seen:
            seen.add(found[1])
            lines += [_with_includes(found[1], seen), f'#line {number + 1} "{file}"']
        else:
            lines.append('')
    return '\n'.join(lines)


def _read(path: Path) -> bytes | None:
    """Return the image of a file, None where there is none or it is damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, image = data[:_DIGEST], data[_DIGEST:]
    return image if image and hashlib.sha256(image).digest() == digest else None


def _write(path: Path, image: bytes) -> None:
    """Put a file in its place whole; where nothing can be written, nothing is kept."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            beside = Path(folder, path.name)
            beside.write_bytes(hashlib.sha256(image).digest() + image)
            beside.replace(path)
    except OSError:
        return
