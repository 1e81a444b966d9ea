"""
Objects that are followed with their memory on a device: the same as on the host, to the bit.

The tests marked gpu run on the pretended driver as well; no GPU has run them yet.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from device_networks import ChainedNetwork, FedNetwork, on_device
from isaac_seg_py import VideoTracker
from isaac_seg_py.scenes import stream_video
from isaac_seg_py.tensors import on_host
import numpy as np
import pytest
from sam2_color_networks import write_color_networks

SHIPPED = Path(__file__).parents[2] / 'models' / 'tiny_sam2.yaml'
ROOM = {'max_num_objects': 4, 'history_frames': 3, 'max_cond_frames': 2}
needs_model = pytest.mark.skipif(not SHIPPED.exists(), reason='tiny_sam2.yaml is not made yet')


@pytest.fixture(scope='module')
def colors(tmp_path_factory):
    """Give the manifest of the networks that follow colours."""
    return write_color_networks(tmp_path_factory.mktemp('colours'))


def on_host_and(monkeypatch, device, model, *kinds, **settings):
    """Open a tracker on the host and one on the device."""
    chosen = {'backend': 'onnxruntime', 'threads': 1, **ROOM, **settings}
    plain = VideoTracker.open(str(model), **chosen)
    on_device(monkeypatch, device, *kinds)
    return plain, VideoTracker.open(str(model), memory_place='device', **chosen)


def agree(trackers, frame):
    """Compare answers, and all that is remembered; return how many maps that is."""
    plain, device = (track.latest for track in trackers)
    assert plain.to_json() == device.to_json()
    np.testing.assert_array_equal(plain.masks, device.masks)
    banks = [track._following._bank for track in trackers]
    found = 0
    for row in range(ROOM['max_num_objects']):
        recall, same = (bank.recall(row, frame + 1) for bank in banks)
        assert recall == same
        if recall.maps:
            for kind in ('maps', 'pointers'):
                np.testing.assert_array_equal(
                    *(on_host(getattr(bank, kind)([row], [recall])) for bank in banks)
                )
            found += len(recall.maps)
    return found


def work(track, frame, scene):
    """Show, correct, remove, and take up again, as users do."""
    boxes = scene.boxes
    first, *others = boxes
    if frame == 0:
        track.add('first', box=boxes[first])
        track.add('other', box=boxes[others[0]])
    if frame == 3:
        middle = np.reshape(boxes[others[0]], (2, 2)).mean(axis=0)
        track.add('second', points=[middle], labels=[1])
        track.add('third', mask=scene.instances == first)
    track(scene.image, stamp=frame)
    if frame in (5, 9):
        x1, y1, x2, y2 = boxes[first]
        track.update('first', points=[((x1 + x2) / 2, (y1 + y2) / 2)], labels=[1], stamp=frame - 1)
    if frame == 12:
        track.remove('first')
    if frame == 15:
        track.add('first', box=boxes[first], stamp=frame - 2)
    if frame == 20:
        track.clear()
        track.add('last', box=boxes[first], stamp=frame)


def follow(trackers, scenes):
    """Let both follow the same scenes; return how many maps were compared on the way."""
    maps = 0
    for frame, scene in enumerate(scenes):
        for track in trackers:
            work(track, frame, scene)
        maps += agree(trackers, frame) if frame % 3 == 0 else 0
    for track in trackers:
        track.close()
    return maps


class Drawn:
    """A red box that goes right and a green one that goes left, as a scene has its objects."""

    def __init__(self, frame):
        shift = frame % 30
        self.boxes = {1: (4 + shift, 8, 24 + shift, 24), 2: (34 - shift, 28, 54 - shift, 44)}
        self.image = np.zeros((48, 64, 3), np.uint8)
        self.instances = np.zeros((48, 64), np.uint16)
        for number, (left, top, right, bottom) in self.boxes.items():
            self.image[top:bottom, left:right, number - 1] = 255
            self.instances[top:bottom, left:right] = number


@pytest.mark.parametrize('kinds', [(ChainedNetwork,), (FedNetwork,), (ChainedNetwork, FedNetwork)])
def test_what_is_followed_is_the_same_to_the_bit(any_device, monkeypatch, colors, kinds):
    trackers = on_host_and(monkeypatch, any_device, colors, *kinds)
    assert follow(trackers, map(Drawn, range(24))) > 60
    size = f'{trackers[0]._following._bank.nbytes / 1e6:.1f} MB'
    for track, place in zip(trackers, ('host', 'device'), strict=True):
        assert track._network.choice.endswith(f'; memory on the {place}, {size}')


@needs_model
def test_a_trained_network_remembers_the_same(device, monkeypatch):
    trackers = on_host_and(monkeypatch, device, SHIPPED, ChainedNetwork)
    assert follow(trackers, islice(stream_video(800_720, (120, 160), 2), 22)) > 60


def test_many_frames_leave_the_memory_to_the_byte_as_it_was(any_device, monkeypatch, colors):
    plain, track = on_host_and(monkeypatch, any_device, colors, ChainedNetwork)
    plain.close()
    # As many on a GPU; elsewhere the bank alone is put through a thousand.
    is_gpu = any_device.name not in ('Recorder', 'Pretend')
    for frame in range(1000 if is_gpu else 150):
        if frame == 60:
            free, _ = any_device.memory()
        scene = Drawn(frame)
        if frame % 20 == 0:
            track.add(frame, box=scene.boxes[1 + frame // 20 % 2])
        track(scene.image, stamp=frame)
        if frame % 7 == 3:
            track.update(track.ids[0], points=[(frame % 30 + 14, 16)], labels=[1])
        if len(track.ids) > 2 and frame % 20 == 15:
            track.remove(track.ids[0])
    assert any_device.memory()[0] == free
    track.close()


def test_at_the_end_everything_is_given_back(device, recorder, monkeypatch, colors):
    trackers = on_host_and(monkeypatch, device, colors, ChainedNetwork)
    follow(trackers, map(Drawn, range(8)))
    assert recorder.released
    assert recorder.alive == {}
