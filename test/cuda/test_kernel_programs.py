"""Compiling kernels, for each GPU there is, and the cache of what was compiled."""

from __future__ import annotations

import os
from pathlib import Path
import stat

from isaac_seg_py.cuda import compilers, programs
from isaac_seg_py.cuda.compilers import Compiled, find_compiler, Nvcc, Nvrtc
from isaac_seg_py.cuda.programs import cache_folder, find_target, kernel_image, KERNELS, source_of
from isaac_seg_py.errors import BackendError, BackendUnavailable
import pytest

CAPABILITIES = [(7, 5), (8, 0), (8, 6), (8, 7), (8, 9), (9, 0), (10, 0), (12, 0)]


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))


def compiler_or_skip(kind=find_compiler):
    try:
        return kind()
    except BackendUnavailable as error:
        pytest.skip(str(error))


class CountingCompiler:
    """Makes nothing of use and counts how often."""

    version = 'counting 1'
    architectures = (75, 87)
    compiled = 0

    def compile(self, source, name, target):
        self.compiled += 1
        return Compiled(f'{name} for {target}, {self.compiled}'.encode(), '')


@pytest.mark.parametrize('capability', CAPABILITIES)
@pytest.mark.parametrize('kernel', KERNELS)
def test_every_kernel_compiles_without_a_warning(kernel, capability):
    compiler = compiler_or_skip()
    target = find_target(capability, compiler)
    assert target == f'sm_{capability[0]}{capability[1]}'
    image, log = compiler.compile(source_of(kernel), kernel, target)
    assert log == ''
    # An ELF file that has the kernel under its plain name.
    assert image[:4] == b'\x7fELF' and f'.text.{kernel}\0'.encode() in image


@pytest.mark.parametrize('kind', [Nvrtc, Nvcc])
def test_each_compiler_makes_cubin_and_ptx(kind):
    compiler = compiler_or_skip(kind)
    source = source_of('mask_upscale')
    image, log = compiler.compile(source, 'mask_upscale', 'sm_87')
    assert image[:4] == b'\x7fELF' and log == ''
    image, log = compiler.compile(source, 'mask_upscale', 'compute_87')
    assert b'.visible .entry mask_upscale(' in image and log == ''


@pytest.mark.parametrize('kind', [Nvrtc, Nvcc])
def test_an_error_of_the_compiler_is_shown_with_its_place(kind):
    compiler = compiler_or_skip(kind)
    broken = source_of('mask_upscale').replace('row.low = row.high', 'row.low = wrong_name')
    with pytest.raises(BackendError, match=r'(?s)cannot compile mask_upscale.cu for sm_87.*') as e:
        compiler.compile(broken, 'mask_upscale', 'sm_87')
    # The lines of included files are counted as in the files.
    text = (programs.SOURCES / 'cells.cuh').read_text().splitlines()
    line = next(n for n, line in enumerate(text, 1) if 'row.low = row.high' in line)
    assert f'cells.cuh({line})' in str(e.value) and 'wrong_name' in str(e.value)


def test_no_compiler_is_an_error_that_names_what_to_install(monkeypatch):
    monkeypatch.setattr(compilers.shutil, 'which', lambda *_, **__: None)
    with pytest.raises(BackendUnavailable, match='nvcc is not on the path; install the CUDA tool'):
        Nvcc()


def test_a_compiler_that_does_not_run_is_an_error(tmp_path, monkeypatch):
    program = tmp_path / 'nvcc'
    program.write_text('#!/bin/sh\nexit 3\n')
    program.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path) + os.pathsep + os.environ['PATH'])
    with pytest.raises(BackendUnavailable, match=r'nvcc does not run .* exit status 3'):
        Nvcc()


@pytest.mark.parametrize(
    ('capability', 'target'),
    [((8, 7), 'sm_87'), ((8, 0), 'compute_75'), ((8, 9), 'compute_87'), ((20, 1), 'compute_87')],
)
def test_a_gpu_that_the_compiler_does_not_know_gets_text_for_an_older_one(capability, target):
    assert find_target(capability, CountingCompiler()) == target


def test_a_gpu_that_is_too_old_is_refused():
    with pytest.raises(BackendUnavailable, match=r'counting 1 makes nothing for .* 7\.0'):
        find_target((7, 0), CountingCompiler())


def test_a_kernel_is_compiled_once():
    compiler = CountingCompiler()
    first = kernel_image('preprocess', (8, 7), compiler)
    assert first == b'preprocess for sm_87, 1'
    assert kernel_image('preprocess', (8, 7), CountingCompiler()) == first
    assert compiler.compiled == 1
    assert stat.S_IMODE(cache_folder().stat().st_mode) == 0o700
    assert len(list(cache_folder().iterdir())) == 1


def test_another_gpu_source_or_compiler_is_compiled_anew(monkeypatch):
    compiler = CountingCompiler()
    kernel_image('preprocess', (8, 7), compiler)
    kernel_image('preprocess', (7, 5), compiler)
    kernel_image('postprocess', (8, 7), compiler)
    newer = CountingCompiler()
    newer.version = 'counting 2'
    kernel_image('preprocess', (8, 7), newer)
    monkeypatch.setattr(programs, 'OPTIONS', ('-std=c++17', '-O1'))
    kernel_image('preprocess', (8, 7), compiler)
    monkeypatch.setattr(programs, 'source_of', lambda name: 'another source')
    kernel_image('preprocess', (8, 7), compiler)
    assert (compiler.compiled, newer.compiled) == (5, 1)


@pytest.mark.parametrize('damage', [b'', b'cut', lambda data: data[:-1], lambda data: data + b' '])
def test_a_damaged_file_is_made_anew(damage):
    compiler = CountingCompiler()
    kernel_image('preprocess', (8, 7), compiler)
    (path,) = cache_folder().iterdir()
    path.write_bytes(damage(path.read_bytes()) if callable(damage) else damage)
    assert kernel_image('preprocess', (8, 7), compiler) == b'preprocess for sm_87, 2'
    assert kernel_image('preprocess', (8, 7), compiler) == b'preprocess for sm_87, 2'


def test_where_nothing_can_be_written_kernels_are_compiled_each_time(tmp_path):
    (tmp_path / 'isaac_seg_py').write_text('a file where a folder belongs')
    compiler = CountingCompiler()
    for number in (1, 2):
        image = kernel_image('preprocess', (8, 7), compiler)
        assert image == f'preprocess for sm_87, {number}'.encode()


def test_sources_are_installed_with_the_package():
    setup = (Path(programs.__file__).parents[2] / 'setup.py').read_text()
    for path in programs.SOURCES.iterdir():
        assert f"'**/*{path.suffix}'" in setup, path.name
