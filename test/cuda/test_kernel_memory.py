"""memory_write.cu and memory_read.cu against what the host does: bit by bit, in odd sizes."""

from __future__ import annotations

from host_kernels import on_every_engine, zeros
from isaac_seg_py.cuda.kernel_geometry import launch_grid
from isaac_seg_py.cuda.kernel_structs import (
    ELEMENTS,
    MemoryReadParameters,
    MemoryWriteParameters,
)
from isaac_seg_py.families.sam2_store import as_halves
import numpy as np
import pytest

SEED = 800_700
SIZES = [(1, 1), (3, 31), (2, 257), (9, 1000)]


def write(engine, values, *, target=None, faults=None):
    """Round values (count, length) to the target, and count what is no number."""
    values.flags.writeable = False
    parameters = MemoryWriteParameters(
        length=values.shape[1], count=values.shape[0], element=ELEMENTS.index(values.dtype.name)
    )
    wanted = {'values': values, 'target': target, 'faults': faults}
    arrays = {name: array for name, array in wanted.items() if array is not None}
    engine.run('memory_write', launch_grid(values.shape), parameters, arrays)


@on_every_engine
def test_any_bits_are_rounded_as_on_the_host(engine):
    rng = np.random.default_rng(SEED)
    for count, length in [*SIZES, (3, 20_001)]:
        bits = rng.integers(0, 1 << 32, (count, length), np.uint32)
        # Half of them lie exactly between two.
        bits[:, ::2] = bits[:, ::2] & np.uint32(0xFFFF0000) | np.uint32(0x8000)
        values, target = bits.view(np.float32), zeros((count, length), np.uint16)
        write(engine, values, target=target)
        np.testing.assert_array_equal(target, as_halves(values))


@on_every_engine
def test_halves_of_a_network_are_taken(engine):
    values = np.random.default_rng(SEED).normal(size=(3, 77)).astype(np.float16)
    target = zeros((3, 77), np.uint16)
    write(engine, values, target=target)
    np.testing.assert_array_equal(target, as_halves(values))


@on_every_engine
@pytest.mark.parametrize('dtype', ['float32', 'float16'])
def test_what_is_no_number_is_counted_for_each_object(engine, dtype):
    for count, length in SIZES:
        values = np.ones((count, length), dtype)
        values[0, -1] = np.nan
        values[-1, :2] = np.inf
        values[count // 2, 0] = -np.inf
        expected = np.count_nonzero(~np.isfinite(values), axis=1)
        faults = np.ones(count, np.uint32)
        write(engine, values, faults=faults)
        np.testing.assert_array_equal(faults, 1 + expected)


@on_every_engine
@pytest.mark.parametrize('dtype', ['float32', 'float16'])
@pytest.mark.parametrize('halves', [True, False])
def test_entries_come_from_their_places(engine, halves, dtype):
    rng = np.random.default_rng(SEED)
    for count, length in SIZES:
        values = rng.normal(size=(2 * count + 1, length)).astype(np.float32)
        kept = as_halves(values) if halves else values
        shown = (kept.astype(np.uint32) << 16).view(np.float32) if halves else kept
        # Some more than once, and never in the order in which they lie.
        places = rng.integers(0, len(values), count, np.int32)[::-1].copy()
        kept.flags.writeable = places.flags.writeable = False
        parameters = MemoryReadParameters(
            length=length, count=count, halves=halves, element=ELEMENTS.index(dtype)
        )
        out = zeros((count, length), dtype)
        engine.run(
            'memory_read', launch_grid(out.shape), parameters,
            {'entries': kept, 'places': places, 'out': out},
        )  # fmt: skip
        np.testing.assert_array_equal(out, shown[places].astype(dtype))
