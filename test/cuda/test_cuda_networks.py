"""CudaPipeline around real networks."""

from __future__ import annotations

from dataclasses import replace

from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.config import DecodeConfig
from isaac_seg_py.cuda_pipeline import CudaPipeline
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.errors import BackendUnavailable
from isaac_seg_py.families import open_pipeline
from isaac_seg_py.families.opening import around as put_around
from isaac_seg_py.families.table import find_family
from isaac_seg_py.images import RawImage
from isaac_seg_py.infer.base import Backend
from isaac_seg_py.pipeline import Pipeline
from isaac_seg_py.scenes import make_scene
from isaac_seg_py.tensors import TensorSpec
from makers import CANVAS, CopyNetwork, picture, settings
import numpy as np
import pytest


class TorchNetwork(Backend):
    """Scores made by another library's kernels on our stream."""

    name = 'torch'
    inputs = (TensorSpec('image', (1, 3, *CANVAS), np.dtype('float32')),)
    outputs = (TensorSpec('scores', (1, 3, *CANVAS), np.dtype('float32')),)

    def __init__(self, torch):
        self._torch = torch

    def run(self, inputs):
        """Do the same on the host."""
        return {'scores': (np.tanh(inputs['image']) - np.float32(0.25)) * np.float32(3)}

    def enqueue(self, stream, inputs, outputs):
        """Put the network on the stream; nothing is allocated."""
        torch = self._torch
        with torch.cuda.stream(torch.cuda.ExternalStream(stream.handle)):
            image = torch.as_tensor(inputs['image'], device='cuda')
            scores = torch.as_tensor(outputs['scores'], device='cuda')
            torch.tanh(image, out=scores)
            scores.sub_(0.25)
            scores.mul_(3)


@pytest.mark.gpu
def test_ten_thousand_frames_leave_the_memory_as_it_was(gpu):
    image = picture()
    with CudaPipeline.around(
        CopyNetwork(), settings(), DecodeConfig(), device=gpu, depth=2
    ) as segment:
        segment.submit(image, want_scores=True)
        for number in range(10_010):
            if number == 10:
                free, _ = gpu.memory()
            segment.submit(image, want_scores=True)
            segment.result()
        assert gpu.memory()[0] == free
        assert segment.use_graphs


@pytest.mark.gpu
def test_another_library_is_captured_with_our_kernels(gpu):
    torch = pytest.importorskip('torch', reason='PyTorch is not here')
    if torch.version.cuda is None:
        pytest.skip('this PyTorch was built without CUDA')
    plain = Pipeline(ImageEncoder(settings()), TorchNetwork(torch), LabelDecoder(DecodeConfig()))
    with CudaPipeline.around(
        TorchNetwork(torch), settings(), DecodeConfig(), device=gpu, depth=2
    ) as segment:
        images = [picture(seed=800_500 + number) for number in range(20)]
        segment.submit(images[0], want_scores=True)
        for image, following in zip(images, [*images[1:], None], strict=True):
            if following is not None:
                segment.submit(following, want_scores=True)
            found, expected = segment.result(), plain(image, want_scores=True)
            assert (found.labels == expected.labels).mean() > 0.999
            assert np.quantile(np.abs(found.scores - expected.scores), 0.999) < 1e-3
        assert segment.use_graphs


class OnHost(Backend):
    """A network of the host among stages of the device, for where no library of its own is."""

    name = 'on host'

    def __init__(self, network):
        self.inputs, self.outputs = network.inputs, network.outputs
        self._network = network

    def run(self, inputs):
        """Run the network."""
        return self._network.run(inputs)

    def enqueue(self, stream, inputs, outputs):
        """Wait, run and copy: nothing that a graph can hold."""
        stream.synchronize()
        results = self.run({name: array.numpy() for name, array in inputs.items()})
        for name, array in results.items():
            stream.copy_in(outputs[name], np.ascontiguousarray(array))


def scenes(count):
    return [RawImage.from_array(make_scene(800_600 + n).image, 'rgb8') for n in range(count)]


def around(network, plain, device):
    """Return the stages of a pipeline of the host, on a device."""
    return CudaPipeline.around(network, plain.encode.config, plain.decode.config, device=device)


def test_the_stages_around_tiny_unet_are_those_of_the_processor(any_device):
    with (
        open_pipeline(find_manifest('tiny-unet'), backend='onnxruntime') as plain,
        around(OnHost(plain.infer), plain, any_device) as segment,
    ):
        segment.use_graphs = False
        for image in scenes(3):
            found, expected = segment(image, want_scores=True), plain(image, want_scores=True)
            assert (found.labels == expected.labels).mean() >= 0.999
            assert np.quantile(np.abs(found.scores - expected.scores), 0.99) < 0.01
            assert found.class_names == expected.class_names


def test_a_network_of_the_device_gets_its_stages_there(any_device, monkeypatch):
    manifest = find_manifest('tiny-unet')
    monkeypatch.setattr('isaac_seg_py.encode.cuda_image.open_device', lambda: any_device)
    with open_pipeline(manifest, backend='onnxruntime') as plain:
        family = find_family(manifest, plain.infer.inputs, plain.infer.outputs)
        both = plain.encode.config, plain.decode.config
        with put_around(OnHost(plain.infer), family, *both) as segment:
            assert isinstance(segment, CudaPipeline)
            segment.use_graphs = False
            images = scenes(2)
            for found, image in zip(segment.batch(images), images, strict=True):
                assert (found.labels == plain(image).labels).mean() >= 0.999
        told = replace(both[1], class_alphas=(120,))
        assert isinstance(put_around(OnHost(plain.infer), family, both[0], told), Pipeline)
        assert isinstance(put_around(plain.infer, family, *both), Pipeline)


def test_without_a_device_the_host_does_it_and_says_so(monkeypatch, caplog):
    def none():
        raise BackendUnavailable('no driver')

    manifest = find_manifest('tiny-unet')
    monkeypatch.setattr('isaac_seg_py.encode.cuda_image.open_device', none)
    with open_pipeline(manifest, backend='onnxruntime') as plain:
        family = find_family(manifest, plain.infer.inputs, plain.infer.outputs)
        both = plain.encode.config, plain.decode.config
        assert isinstance(put_around(OnHost(plain.infer), family, *both), Pipeline)
    assert 'on the host: no driver' in caplog.text


@pytest.mark.gpu
@pytest.mark.parametrize('library', ['tensorrt', 'tensorrt_rtx'])
def test_the_masks_of_tiny_unet_are_those_of_the_processor(gpu, library):
    pytest.importorskip(library, reason=f'{library} is not here')
    from isaac_seg_py.infer.trt import TensorRtBackend

    manifest = find_manifest('tiny-unet')
    network = TensorRtBackend(manifest.model_file(), library=library, device=gpu)
    with (
        open_pipeline(manifest, backend='onnxruntime') as plain,
        around(network, plain, gpu) as segment,
    ):
        images = scenes(10)
        for image in images:
            same = segment(image).labels == plain(image).labels
            assert same.mean() >= 0.999
        assert segment.use_graphs
        free, _ = gpu.memory()
        for number in range(10_000):
            segment(images[number % len(images)])
        assert gpu.memory()[0] == free
