"""
SAM 2 run by the TensorRT backend with its memory on the device: over a stand-in, and on a GPU.

The stand-in acts as late as a GPU and knows its rules. The tests marked gpu have not been run yet.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from isaac_seg_py import BackendUnavailable, VideoTracker
from isaac_seg_py.cuda import is_available, open_device
from isaac_seg_py.families.sam2_contract import PARTS
from isaac_seg_py.families.sam2_shapes import free_shapes
from isaac_seg_py.infer.plan_file import PlanFile
from isaac_seg_py.infer.trt import TensorRtBackend
from isaac_seg_py.infer.trt_library import TrtLibrary
from isaac_seg_py.infer.trt_log import LibraryLog
from isaac_seg_py.scenes import stream_video
from isaac_seg_py.track_config import TrackConfig
import numpy as np
from pretend_tensorrt import make_plan, PretendTensorRt
import pytest
from sam2_color_networks import write_color_networks

SHIPPED = Path(__file__).parents[2] / 'models' / 'tiny_sam2.yaml'
ROOM = {'max_num_objects': 4, 'history_frames': 3, 'max_cond_frames': 2}


@pytest.fixture
def open_pretended(device, recorder, monkeypatch, tmp_path):
    """Give what opens networks with the real backend over the stand-in, on a recorded device."""
    module = PretendTensorRt(recorder)
    library = TrtLibrary('tensorrt-rtx', module, '1.7', LibraryLog(module))
    opened = {}

    def open_part(file, **settings):
        profile = {}
        for text in free_shapes(file, TrackConfig(**ROOM)):
            name, _, shapes = text.partition('=')
            profile[name] = [list(map(int, one.split('x'))) for one in shapes.split(':')]
        plan = tmp_path / f'{file.stem}.plan'
        PlanFile(plan).write(make_plan(file, [profile] if profile else []), {})
        opened[file.stem] = TensorRtBackend(plan, None, library, device)
        return opened[file.stem]

    def patch():
        monkeypatch.setattr('isaac_seg_py.families.sam2_opening.open_backend', open_part)
        monkeypatch.setattr('isaac_seg_py.cuda.open_device', lambda index=0: device)
        return opened

    return patch


def red(frame):
    image = np.zeros((48, 64, 3), np.uint8)
    image[8:24, 4 + frame % 30 : 24 + frame % 30] = (255, 0, 0)
    return image


def test_objects_come_and_go_in_one_context(open_pretended, recorder, tmp_path):
    model = str(write_color_networks(tmp_path))
    chosen = {'backend': 'onnxruntime', 'threads': 1, **ROOM}
    with VideoTracker.open(model, **chosen) as plain:
        networks = open_pretended()
        track = VideoTracker.open(model, **chosen)
        assert '; memory on the device, ' in track._network.choice
        for frame in range(28):
            left = 4 + frame % 30
            for one in (plain, track):
                if frame in (0, 1, 8):
                    one.add(frame, box=(left, 8, left + 20, 24))
                    one.add(f'{frame} too', box=(left, 8, left + 20, 24))
                if frame in (5, 14):
                    one.remove(one.ids[0])
                    one.remove(one.ids[0])
                one(red(frame), stamp=frame)
                if frame % 6 == 3:
                    one.update(one.ids[0], points=[(left + 10, 16)], labels=[1])
            assert one.latest.visible.all()
            assert plain.latest.to_json() == track.latest.to_json()
    # Alone in its shapes, each would have taken memory of its own.
    contexts = {part: len(network._contexts) for part, network in networks.items()}
    assert contexts == dict.fromkeys(PARTS, 1)
    track.close()
    track.close()
    assert recorder.alive == {}


@pytest.fixture(params=['tensorrt', 'tensorrt-rtx', 'onnxruntime-cuda'])
def on_gpu(request, monkeypatch, tmp_path):
    """Give what opens the small model on the GPU, and the device to ask for its memory."""
    ready, reason = is_available()
    if not ready:
        pytest.skip(reason)
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path / 'engines'))

    def opened(**settings):
        try:
            return VideoTracker.open(str(SHIPPED), backend=request.param, **ROOM, **settings)
        except BackendUnavailable as error:
            pytest.skip(str(error))

    with open_device() as device:
        yield opened, device


def shown(track, frame, scene):
    """Let objects come and go while the scene is followed."""
    boxes = [*scene.boxes.values()]
    if frame % 20 == 0:
        if len(track.ids) > 2:
            track.remove(track.ids[0])
        track.add(frame, box=boxes[frame // 20 % len(boxes)])
    return track(scene.image, stamp=frame)


@pytest.mark.gpu
def test_on_a_gpu_the_masks_are_those_of_a_memory_on_the_host(on_gpu):
    opened, _ = on_gpu
    with opened(memory_place='device') as track, opened(memory_place='host') as other:
        assert '; memory on the device, ' in track._network.choice
        for frame, scene in enumerate(islice(stream_video(800_730, (240, 320), 3), 60)):
            ours, theirs = shown(track, frame, scene), shown(other, frame, scene)
            assert (ours.masks == theirs.masks).mean() > 0.999
            np.testing.assert_allclose(ours.presence, theirs.presence, atol=0.05)


@pytest.mark.gpu
def test_on_a_gpu_the_memory_stays_as_it_is_over_a_thousand_frames(on_gpu):
    opened, device = on_gpu
    with opened(memory_place='device') as track:
        for frame, scene in enumerate(islice(stream_video(800_730, (240, 320), 3), 1000)):
            shown(track, frame, scene)
            if frame == 200:
                free, _ = device.memory()
        assert device.memory()[0] == free
