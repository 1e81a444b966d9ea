"""The parameters as C++ sees them, and numbers as NumPy rounds them."""

from __future__ import annotations

import ctypes

from host_kernels import build, library
from isaac_seg_py.cuda import kernel_structs
import numpy as np
import pytest

STRUCTS = [
    kernel_structs.Axis,
    kernel_structs.ImageSource,
    kernel_structs.PreprocessParameters,
    kernel_structs.PostprocessParameters,
    kernel_structs.MaskUpscaleParameters,
    kernel_structs.MemoryReadParameters,
    kernel_structs.MemoryWriteParameters,
]
ENUMS = {
    'numbers.cuh': kernel_structs.ELEMENTS,
    'colors.cuh': kernel_structs.SOURCE_KINDS,
    'preprocess.cu': kernel_structs.SAMPLINGS,
    'postprocess.cu': kernel_structs.OUTPUT_KINDS,
}


def test_structures_are_laid_out_as_in_cpp(tmp_path):
    """A name that only Python has does not compile; one that only C++ has leaves a gap."""
    lines = ['#include "host_kernels.cpp"', 'extern "C" const size_t layout[] = {']
    expected = []
    for struct in STRUCTS:
        name = struct.__name__
        lines.append(f'sizeof({name}),')
        expected.append(ctypes.sizeof(struct))
        end = 0
        for field, _ in struct._fields_:
            lines.append(f'offsetof({name}, {field}), sizeof((({name} *)nullptr)->{field}),')
            place = getattr(struct, field)
            expected += [place.offset, place.size]
            assert place.offset == end, f'{name}.{field} follows a gap'
            end = place.offset + place.size
        assert ctypes.sizeof(struct) - end < 8
    # The names of enums have the numbers that Python gives them.
    for words in ENUMS.values():
        lines += [f'{word.upper()},' for word in words]
        expected += range(len(words))
    source = tmp_path / 'layout.cpp'
    source.write_text('\n'.join([*lines, '};']))
    found = (ctypes.c_size_t * len(expected)).in_dll(build(source), 'layout')
    assert list(found) == expected


def test_every_half_becomes_its_float():
    halves = np.arange(1 << 16, dtype=np.uint16)
    floats = np.empty(halves.size, np.float32)
    library().host_halves_to_floats(
        ctypes.c_void_p(halves.ctypes.data), ctypes.c_void_p(floats.ctypes.data), halves.size
    )
    np.testing.assert_array_equal(floats, halves.view(np.float16).astype(np.float32))
    assert np.array_equal(np.signbit(floats), halves >= 0x8000)


@pytest.mark.parametrize('kind', ['all halves and what lies between them', 'any bits'])
def test_floats_round_to_halves_as_numpy_rounds_them(kind):
    if kind == 'any bits':
        bits = np.random.default_rng(800_010).integers(0, 1 << 32, 1 << 20, np.uint32)
        floats = bits.view(np.float32)
    else:
        steps = np.arange(0x7C01, dtype=np.uint16).view(np.float16).astype(np.float32)
        middles = (steps[:-1] + steps[1:]) / 2
        near = [np.nextafter(middles, np.float32(to)) for to in (-np.inf, np.inf)]
        floats = np.concatenate([steps, middles, *near, [65519.996, 65520, 1e38]])
        floats = np.concatenate([floats, -floats]).astype(np.float32)
    halves = np.empty(floats.size, np.uint16)
    library().host_floats_to_halves(
        ctypes.c_void_p(floats.ctypes.data), ctypes.c_void_p(halves.ctypes.data), floats.size
    )
    with np.errstate(over='ignore'):
        expected = floats.astype(np.float16)
    np.testing.assert_array_equal(halves.view(np.float16), expected)
    numbers = ~np.isnan(floats)
    np.testing.assert_array_equal(halves[numbers], expected.view(np.uint16)[numbers])
