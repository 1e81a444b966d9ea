"""BufferPool: nothing that is held is overwritten, and nothing is allocated in steady state."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
import gc
import weakref

from isaac_seg_py.buffers import BufferPool
import numpy as np
import pytest

SHAPE = (2, 3, 4)


def address(array):
    return array.__array_interface__['data'][0]


def fresh(pool):
    return pool.take(SHAPE, np.float32)


@pytest.mark.parametrize(
    'hold',
    [
        lambda array: array,
        lambda array: array[0],
        lambda array: array[1:, ::2].T,
        lambda array: array.view(np.uint32)[0][1],
        lambda array: memoryview(array),
        lambda array: np.frombuffer(memoryview(array), np.uint8),
        lambda array: {'tensor': array},
    ],
    ids=['array', 'slice', 'view of a view', 'other type', 'memoryview', 'buffer', 'container'],
)
def test_what_is_held_in_any_way_is_not_handed_out_again(hold):
    pool = BufferPool(2)
    first = fresh(pool)
    first[...] = 7
    where, held = address(first), hold(first)
    del first
    for _ in range(5):
        assert address(fresh(pool)) != where
        fresh(pool)[...] = 0
    del held
    both = [fresh(pool), fresh(pool)]
    assert where in {address(array) for array in both}


def test_a_hundred_arrays_that_are_let_go_are_one():
    pool = BufferPool(3)
    assert len({address(fresh(pool)) for _ in range(100)}) == 1
    assert len(pool) == 1


def test_as_many_arrays_as_are_held_take_turns():
    pool = BufferPool(3)
    held, seen = [fresh(pool), fresh(pool)], set()
    for _ in range(50):
        held = [held[1], fresh(pool)]
        seen.add(address(held[1]))
    assert len(seen) == 3


def test_beyond_the_limit_arrays_belong_to_their_holders_alone():
    pool = BufferPool(2)
    held = [fresh(pool) for _ in range(5)]
    assert len({address(array) for array in held}) == 5
    assert len(pool) == 2
    gone = [weakref.ref(array) for array in held]
    held.clear()
    gc.collect()
    assert sum(reference() is not None for reference in gone) == 2


@pytest.mark.parametrize(('shape', 'dtype'), [((2, 3, 5), np.float32), (SHAPE, np.float16)])
def test_another_shape_or_type_lets_the_old_arrays_go(shape, dtype):
    pool = BufferPool(4)
    old = [weakref.ref(array) for array in [fresh(pool), fresh(pool)]]
    held = fresh(pool)
    held[...] = 3
    array = pool.take(shape, dtype)
    assert (array.shape, array.dtype, len(pool)) == (shape, np.dtype(dtype), 1)
    array[...] = 0
    assert (held == 3).all()
    del held
    gc.collect()
    assert [reference() for reference in old] == [None, None]


def test_two_threads_never_get_the_same_array():
    pool = BufferPool(4)

    def work(number):
        for _ in range(2000):
            array = fresh(pool)
            array[...] = number
            if not (array == number).all():
                return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, range(4)))
