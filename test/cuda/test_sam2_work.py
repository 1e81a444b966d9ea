"""Where what SAM 2's networks pass on comes to lie, and where it is chosen to."""

from __future__ import annotations

import re

from device_networks import ChainedNetwork, FedNetwork, on_device
from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.cuda import Device
from isaac_seg_py.errors import BackendUnavailable, ConfigError
from isaac_seg_py.families.sam2_device_store import Lane
from isaac_seg_py.families.sam2_device_work import DeviceWork
from isaac_seg_py.families.sam2_opening import open_sam2
from isaac_seg_py.families.sam2_place import why_on_host
from isaac_seg_py.families.sam2_work import Work
from isaac_seg_py.tensors import on_host
import numpy as np
import pytest
from recording_binding import RecordingBinding
from sam2_color_networks import write_color_networks

FLOATS = ('float32', 'float32')


@pytest.fixture(scope='module')
def manifest(tmp_path_factory):
    """Give the manifest of the networks that follow colours."""
    return find_manifest(str(write_color_networks(tmp_path_factory.mktemp('colours'))))


def opened(manifest, **settings):
    return open_sam2(manifest, backend='onnxruntime', threads=1, **settings)


def test_parts_are_stacked_from_wherever_they_lie(any_device):
    lane = Lane(any_device, 4)
    work, stream = DeviceWork(lane, FLOATS), lane.stream
    values = [np.full((1, 2, 3), number, np.float32) for number in range(4)]
    there = any_device.array((1, 2, 3), np.float32)
    there.ready = any_device.event()

    def parts():
        for number, array in enumerate(values):
            # All of the device come from one place, as those of a network do.
            if number % 2 == 0:
                stream.copy_in(there, array)
                stream.record(there.ready)
            yield array if number % 2 else there

    found = on_host(work.stack(4, parts()))
    np.testing.assert_array_equal(found, Work().stack(4, values))
    assert work.stack(1, iter([there])) is there


def test_where_the_networks_take_nothing_of_a_device_the_memory_is_on_the_host(manifest):
    with opened(manifest) as network:
        assert '; memory on the host, ' in network.choice
    with pytest.raises(
        ConfigError, match=r'the onnxruntime backend takes no arrays of a device.* to auto or host'
    ):
        opened(manifest, memory_place='device')


@pytest.mark.parametrize(('place', 'where'), [('auto', 'device'), ('host', 'host')])
def test_it_is_on_the_device_unless_that_is_not_wished(
    device, monkeypatch, manifest, place, where
):
    on_device(monkeypatch, device, ChainedNetwork)
    with opened(manifest, memory_place=place) as network:
        network.new_bank()
        assert f'; memory on the {where}, ' in network.choice


def test_without_a_binding_it_stays_on_the_host(device, monkeypatch, manifest, caplog):
    def refused(index):
        raise BackendUnavailable('no binding is installed')

    on_device(monkeypatch, device, FedNetwork)
    monkeypatch.setattr('isaac_seg_py.cuda.open_device', refused)
    with opened(manifest) as network:
        assert '; memory on the host, ' in network.choice
    assert 'stays on the host: no binding' in caplog.text
    with pytest.raises(BackendUnavailable, match='no binding'):
        opened(manifest, memory_place='device')


def test_where_the_device_is_too_small_it_stays_on_the_host(device, monkeypatch, manifest, caplog):
    small = Device(RecordingBinding(memory=100_000))
    on_device(monkeypatch, small, ChainedNetwork)
    with opened(manifest) as network:
        bank = network.new_bank()
        assert '; memory on the host, ' in network.choice
        bank.store.maps.put(0, 0, np.ones((2, 16, 16), np.float32))
    assert 'out of memory' in caplog.text


def test_types_that_differ_between_the_parts_are_told(device, manifest):
    networks = {part: FedNetwork(manifest.model_file(part), device) for part in manifest.parts}
    assert why_on_host(networks) == ''
    reader = networks['memory_attention']
    for name, dtype, words in (
        ('vision_features', 'float16', r'memory_attention has vision_features float16 .* differ'),
        ('memory', 'int8', r'takes memory int8 .*; float32 and float16 can be made there'),
    ):
        inputs = reader.inputs
        reader.inputs = tuple(
            type(spec)(spec.name, spec.shape, np.dtype(dtype)) if spec.name == name else spec
            for spec in inputs
        )
        assert re.search(words, why_on_host(networks))
        reader.inputs = inputs
