"""CudaPipeline: stages that fit together or not, and networks that no graph can hold."""

from __future__ import annotations

import logging

from isaac_seg_py.config import DecodeConfig
from isaac_seg_py.cuda import Device
from isaac_seg_py.cuda_pipeline import CudaPipeline
from isaac_seg_py.decode.cuda_labels import CudaLabelDecoder
from isaac_seg_py.encode.cuda_image import CudaImageEncoder
from isaac_seg_py.errors import ConfigError, TensorError
from isaac_seg_py.infer.fake import FakeBackend
from makers import agree, CopyNetwork, picture, pipeline, settings
import pytest
from recording_binding import RecordingBinding


def test_without_graphs_frames_are_launched_one_by_one_and_a_warning_says_so(monkeypatch, caplog):
    monkeypatch.setattr(
        'isaac_seg_py.cuda.device.load_kernel',
        lambda device, name: device.module(name.encode()).kernel(name),
    )
    binding = RecordingBinding(graphs=False)
    with Device(binding) as device, pipeline(device) as segment:
        with caplog.at_level(logging.WARNING):
            for number in range(4):
                assert agree(segment(picture(seed=number)), picture(seed=number))
        assert [record.message for record in caplog.records] == [
            'no CUDA graph can be made, which costs some time: '
            'cuStreamBeginCapture failed: this device makes no graphs'
        ]
        assert not segment.use_graphs
    assert binding.violations == []


class Waiting(CopyNetwork):
    """A network that waits for its stream, as one that was never warmed up may."""

    def enqueue(self, stream, inputs, outputs):
        super().enqueue(stream, inputs, outputs)
        stream.synchronize()


def test_a_network_that_cannot_be_captured_runs_all_the_same(monkeypatch):
    monkeypatch.setattr(
        'isaac_seg_py.cuda.device.load_kernel',
        lambda device, name: device.module(name.encode()).kernel(name),
    )
    binding = RecordingBinding()
    with Device(binding) as device, pipeline(device, network=Waiting()) as segment:
        for number in range(4):
            assert agree(segment(picture(seed=number)), picture(seed=number))
        assert not segment.use_graphs
    assert binding.violations == ['synchronize while this thread captures']


def test_stages_that_cannot_be_chained_are_refused(device):
    encode, decode = CudaImageEncoder(settings(), device), CudaLabelDecoder(DecodeConfig(), device)
    host = FakeBackend(lambda arrays: arrays, inputs=CopyNetwork().inputs)
    with pytest.raises(ConfigError, match='fake backend cannot be put on a CUDA stream'):
        CudaPipeline(encode, host, decode)
    with pytest.raises(ConfigError, match='depth is 0'):
        CudaPipeline(encode, CopyNetwork(), decode, depth=0)
    mixing = CudaLabelDecoder(DecodeConfig(mix_colors=True), device)
    with pytest.raises(ConfigError, match='mix_colors'):
        CudaPipeline(encode, CopyNetwork(), mixing)
    other = CopyNetwork((1, 3, 8, 8))
    with CudaPipeline(encode, other, decode) as segment, pytest.raises(TensorError, match='shape'):
        segment(picture())
    open_output = CopyNetwork(output=(1, 3, None, None))
    encode, decode = CudaImageEncoder(settings(), device), CudaLabelDecoder(DecodeConfig(), device)
    with (
        CudaPipeline(encode, open_output, decode) as segment,
        pytest.raises(ConfigError, match='is open'),
    ):
        segment(picture())


def test_the_stages_are_made_around_a_network(any_device):
    with CudaPipeline.around(
        CopyNetwork(), settings(), DecodeConfig(), device=any_device, depth=2
    ) as segment:
        assert agree(segment(picture()), picture())
        assert segment.depth == 2
    # The device is not the pipeline's to close.
    assert any_device.memory()
    with pytest.raises(ConfigError, match='depth'):
        CudaPipeline.around(CopyNetwork(), settings(), DecodeConfig(), device=any_device, depth=0)


def test_closing_with_frames_on_their_way_is_harmless(device, recorder):
    segment = pipeline(device, depth=2)
    segment.submit(picture())
    segment.submit(picture())
    segment.close()
    segment.close()
    device.close()
    assert recorder.released
