"""Images, settings and networks that the tests of the twins and of the pipeline share."""

from __future__ import annotations

from isaac_seg_py.config import DecodeConfig, EncodeConfig
from isaac_seg_py.cuda_pipeline import CudaPipeline
from isaac_seg_py.decode.cuda_labels import CudaLabelDecoder
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.encode.cuda_image import CudaImageEncoder
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.images import ENCODINGS, RawImage
from isaac_seg_py.infer.base import Backend
from isaac_seg_py.pipeline import Pipeline
from isaac_seg_py.tensors import TensorSpec
import numpy as np

CANVAS = (24, 32)


def settings(**chosen):
    """Return the settings of an encoder with a small canvas; nearest pixels are exact."""
    height, width = CANVAS
    return EncodeConfig(
        **{
            'network_image_height': height,
            'network_image_width': width,
            'interpolation': 'nearest',
            **chosen,
        }
    )


def picture(size=(30, 36), encoding='rgb8', seed=800_200):
    """Return an image of random blocks, so that classes have areas."""
    layout = ENCODINGS[encoding]
    shape = (round(size[0] * layout.rows), size[1], layout.channels)
    rough = np.random.default_rng(seed).random((shape[0] // 4 + 1, shape[1] // 4 + 1, shape[2]))
    values = rough.repeat(4, 0).repeat(4, 1)[: shape[0], : shape[1]]
    if layout.dtype.kind == 'u':
        values = values * np.iinfo(layout.dtype).max
    return RawImage.from_array(values.astype(layout.dtype), encoding)


class CopyNetwork(Backend):
    """A network whose scores are its input: the strongest colour is the class."""

    name = 'copy'

    def __init__(self, shape=(1, 3, *CANVAS), dtype='float32', output=None):
        """Take the shape of the input, and of the output where it has another."""
        self.inputs = (TensorSpec('image', shape, np.dtype(dtype)),)
        self.outputs = (TensorSpec('scores', output or shape, np.dtype(dtype)),)
        self.enqueued = 0

    def run(self, inputs):
        """Return the input."""
        return {'scores': inputs['image'].reshape(self.outputs[0].shape)}

    def enqueue(self, stream, inputs, outputs):
        """Copy on the device."""
        self.enqueued += 1
        stream.copy(outputs['scores'], inputs['image'], inputs['image'].nbytes)


def pipeline(device, *, encode=None, network=None, decode=None, **how):
    """Return a pipeline around a network that copies, or another one."""
    encode = CudaImageEncoder(encode or settings(), device)
    decode = CudaLabelDecoder(decode or DecodeConfig(), device)
    return CudaPipeline(encode, network or CopyNetwork(), decode, **how)


def expected(image, **wanted):
    """Return what the reference finds."""
    with Pipeline(ImageEncoder(settings()), CopyNetwork(), LabelDecoder(DecodeConfig())) as plain:
        return plain(image, **wanted)


def agree(found, image):
    """Say whether the masks of an image are those that the reference finds."""
    return (found.labels == expected(image).labels).mean() > 0.999
