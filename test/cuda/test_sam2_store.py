"""
What SAM 2 remembers, on a device and on the host: the same book, the same contents.

The tests marked gpu run on the pretended driver as well; no GPU has run them yet.
"""

from __future__ import annotations

from isaac_seg_py.families.sam2_bank import Bank
from isaac_seg_py.families.sam2_contract import Sam2Contract
from isaac_seg_py.families.sam2_device_store import Lane
from isaac_seg_py.families.sam2_device_work import DeviceWork
from isaac_seg_py.families.sam2_store import HostStore, MemorySizes
from isaac_seg_py.tensors import on_host
from isaac_seg_py.track_config import TrackConfig
import numpy as np
import pytest

SEED = 800_710
CONTRACT = Sam2Contract((64, 64), (32, 32), (3, 5, 3), 7, None, 4)
FLOATS = ('float32', 'float32')


def sizes_of(**settings):
    config = {'max_num_objects': 4, 'history_frames': 3, 'max_cond_frames': 2, **settings}
    return MemorySizes.of(CONTRACT, TrackConfig(**config))


class Pair:
    """A bank on a device and one on the host, to which the same happens."""

    def __init__(self, device, dtypes=FLOATS, seed=SEED):
        self.sizes = sizes_of()
        self.device, self.stream = device, device.stream()
        self.work = DeviceWork(Lane(device, 4), dtypes)
        self.dtypes = dtypes
        self.banks = [
            Bank(self.sizes, store)
            for store in (self.work.store(self.sizes), HostStore(self.sizes))
        ]
        self.rng = np.random.default_rng(seed)
        # Room for what the memory encoder gives.
        self.memories = device.array((2, *CONTRACT.memory), np.float32)
        self.memories.ready = device.event()

    def keep(self, rows, frame, *, shown, on_device=True):
        """Remember what a network gives of two objects in a frame, from the device or the host."""
        given = self.rng.normal(size=self.memories.shape).astype(np.float32)
        pointers = self.rng.normal(size=(2, CONTRACT.pointer)).astype(np.float32)
        memories = self.memories if on_device else given
        if on_device:
            self.stream.copy_in(self.memories, given)
            self.stream.record(self.memories.ready)
        for bank, values in zip(self.banks, (memories, given), strict=True):
            assert bank.store.whole(values) == [True, True]
            parts = bank.store.parts(values)
            for row, memory, pointer in zip(rows, parts, pointers, strict=True):
                (bank.show if shown else bank.remember)(row, frame, memory, pointer)

    def compare(self, frame):
        """Compare what is recalled of all rows; return how many entries that was."""
        found = 0
        for row in range(self.sizes.maps.rows):
            recall, expected = (bank.recall(row, frame) for bank in self.banks)
            assert recall == expected
            for kind, dtype in zip(('maps', 'pointers'), self.dtypes, strict=True):
                if not getattr(recall, kind):
                    continue
                ours, theirs = (
                    on_host(getattr(bank, kind)([row], [recall])) for bank in self.banks
                )
                assert ours.dtype == dtype
                np.testing.assert_array_equal(ours, theirs.astype(dtype))
                found += theirs.shape[1]
        return found

    def happen(self, frame):
        """Let something happen that may happen in a frame."""
        event = self.rng.integers(12)
        rows = self.rng.permutation(self.sizes.maps.rows)[:2].tolist()
        if event == 0:
            for bank in self.banks:
                bank.forget(rows[0])
        elif event == 1:
            for bank in self.banks:
                bank.forget(rows[0], after=frame - 3)
        self.keep(rows, frame, shown=event in (2, 3), on_device=event != 3)


@pytest.mark.parametrize('dtypes', [FLOATS, ('float16', 'float16')])
def test_hundreds_of_frames_leave_the_same_on_both(any_device, dtypes):
    pair = Pair(any_device, dtypes)
    entries = 0
    for frame in range(200):
        pair.happen(frame)
        if frame % 8 == 7:
            entries += pair.compare(frame + 1)
    assert entries > 1000


def test_several_objects_are_recalled_at_once(any_device):
    pair = Pair(any_device)
    for frame in range(5):
        pair.keep([1, 3], frame, shown=frame == 0)
    recalls = [[bank.recall(row, 5) for row in (3, 1)] for bank in pair.banks]
    for kind in ('maps', 'pointers'):
        ours, theirs = (
            on_host(getattr(bank, kind)([3, 1], recall))
            for bank, recall in zip(pair.banks, recalls, strict=True)
        )
        assert ours.shape[:2] == (2, 5)
        np.testing.assert_array_equal(ours, theirs)


def test_an_object_with_a_number_that_is_none_is_told_from_the_others(any_device):
    pair = Pair(any_device)
    store = pair.banks[0].store
    given = np.ones(pair.memories.shape, np.float32)
    given[1, 2, 4, 2] = np.nan
    pair.stream.copy_in(pair.memories, given)
    pair.stream.record(pair.memories.ready)
    for memories in (pair.memories, given):
        assert store.whole(memories) == [True, False]
    assert store.whole(given[:1]) == [True]


def test_a_thousand_frames_leave_the_memory_to_the_byte_as_it_was(any_device):
    pair = Pair(any_device)
    for frame in range(1000):
        if frame == 100:
            free, _ = any_device.memory()
        pair.happen(frame)
        if frame % 50 == 49:
            assert pair.compare(frame + 1)
    assert any_device.memory()[0] == free


def test_with_the_device_everything_is_given_back(device, recorder):
    before = recorder.alive
    pair = Pair(device)
    pair.keep([0, 1], 0, shown=True)
    pair.compare(1)
    held = sum(block.nbytes for block in recorder._memory.values())
    assert held >= pair.sizes.nbytes
    pair.work.close()
    pair.work.close()
    assert recorder.alive == before == {}
