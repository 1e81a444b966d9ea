"""Compare what a manifest says of a network with what its file shows."""

from __future__ import annotations

from collections.abc import Sequence

from . import open_backend
from ..catalog.manifest import Manifest
from ..config import EncodeConfig
from ..tensors import describe, Dim, TensorSpec

_CHANNELS = {'rgb': 3, 'bgr': 3, 'gray': 1}


def verify_manifest(manifest: Manifest) -> list[str]:
    """
    Open each file of a model with ONNX Runtime, and return what its manifest has wrong.

    What a manifest leaves open is read from the network later, so that it cannot be wrong.
    """
    found = []
    for name in manifest.all_parts:
        path = manifest.model_file(name)
        with open_backend(path, backend='onnxruntime', threads=1) as network:
            # Only of a network in one piece does a manifest say what goes in and out.
            if not name:
                found += _input(manifest, network.inputs) + _output(manifest, network.outputs)
    return found


def _input(manifest: Manifest, inputs: Sequence[TensorSpec]) -> list[str]:
    said = manifest.encode
    name = said.get('tensor_name')
    spec = next((spec for spec in inputs if spec.name == name), None)
    if spec is None:
        if name is not None:
            return [f'input is {name}, the network takes {_listed(inputs)}']
        if len(inputs) != 1:
            return [f'one image is expected, the network takes {_listed(inputs)}']
        spec = inputs[0]
    wrong = []
    dtype = said.get('tensor_dtype')
    if dtype is not None and dtype != spec.dtype.name:
        wrong.append(f'input dtype is {dtype}, the network takes {spec}')
    expected = _shape(manifest)
    if not _agree(expected, spec.shape):
        wrong.append(f'the image is {describe(expected)}, the network takes {spec}')
    return wrong


def _shape(manifest: Manifest) -> tuple[Dim, ...]:
    """Return the shape of the tensor that the manifest's settings make, None where left open."""
    said = manifest.encode
    color = said.get('color_order')
    channels = None if color is None else _CHANNELS[color]
    height, width = (said.get(f'network_image_{side}') or None for side in ('height', 'width'))
    layout = said.get('tensor_layout', EncodeConfig().tensor_layout)
    batch = said.get('batch_size')
    order = (channels, height, width) if layout == 'NCHW' else (height, width, channels)
    return (batch, *order)


def _agree(said: tuple[Dim, ...], shown: tuple[Dim, ...]) -> bool:
    return len(said) == len(shown) and all(
        not isinstance(a, int) or not isinstance(b, int) or a == b
        for a, b in zip(said, shown, strict=True)
    )


def _output(manifest: Manifest, outputs: Sequence[TensorSpec]) -> list[str]:
    name = manifest.output_name
    if name and not any(spec.name == name for spec in outputs):
        return [f'output is {name}, the network gives {_listed(outputs)}']
    spec = next((spec for spec in outputs if spec.name == name), outputs[0])
    kind = manifest.decode.get('network_output_type', 'auto')
    whole = spec.dtype.kind in 'iub'
    if kind == 'argmax' and not whole:
        return [f'output kind is argmax, the network gives {spec}, which are no class ids']
    if kind not in ('auto', 'argmax') and whole:
        return [f'output kind is {kind}, the network gives {spec}, which are class ids']
    return _classes(manifest, outputs, spec)


def _classes(manifest: Manifest, outputs: Sequence[TensorSpec], spec: TensorSpec) -> list[str]:
    """Compare the number of labels with that of the classes, where the tensors show it."""
    labels = len(manifest.labels)
    shown: Dim = None
    if manifest.family in ('mask2former', 'maskformer'):
        scores = next((s.shape for s in outputs if len(s.shape) == 3), (None,))
        # One more class says that there is nothing.
        shown = scores[-1] - 1 if isinstance(scores[-1], int) else None
    elif manifest.family == 'yolo_seg':
        shown = _boxed_classes(outputs)
    elif len(spec.shape) == 4 and spec.dtype.kind == 'f':
        shown = spec.shape[3 if manifest.decode.get('data_format') in ('NHWC', 'HWC') else 1]
    if labels and isinstance(shown, int) and shown > 1 and shown != labels:
        return [f'there are {labels} labels, the network gives {shown} classes ({spec})']
    return []


def _boxed_classes(outputs: Sequence[TensorSpec]) -> int | None:
    boxes = next((s.shape for s in outputs if len(s.shape) == 3), ())
    prototypes = next((s.shape for s in outputs if len(s.shape) == 4), ())
    sizes = [dim for dim in boxes[1:] if isinstance(dim, int)]
    if len(sizes) != 2 or len(prototypes) != 4 or not isinstance(prototypes[1], int):
        return None
    # The other axis counts boxes, of which there are many more than classes and coefficients.
    rest = min(sizes) - prototypes[1]
    # Six are corners, a score and the number of a class: such a network does not show how many.
    return None if rest == 6 else rest - 4


def _listed(specs: Sequence[TensorSpec]) -> str:
    return '; '.join(map(str, specs)) or 'nothing'
