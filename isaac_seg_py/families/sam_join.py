"""
Join the two networks of Segment Anything into one, with the inputs and outputs of NVIDIA's.

It takes an image with prompts, and gives one mask for each: of several the one that
`PromptConfig.multimask` means by auto, raw and grown to the size of the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from .sam_join_graph import MASKS, Nodes, RATINGS, SMALL_MASKS
from ..errors import BackendUnavailable, ModelError

IMAGE: Final = 'images'
POINTS, LABELS, MASK, HAS_MASK, SIZE = PROMPTS = (
    'point_coords', 'point_labels', 'mask_input', 'has_mask_input', 'orig_im_size',
)  # fmt: skip
_BEFORE, _BEHIND = 'encoder/', 'decoder/'
_MOST_BYTES: Final = 2_000_000_000


def joined(encoder: Path, decoder: Path, name: str, *, sizes: bool) -> bytes:
    """
    Return the bytes of the one network; `name` is the model's, for errors.

    Without `sizes` it knows nothing of the image's size, and gives only the small masks.
    """
    onnx = _onnx()
    first, second = (_load(onnx, path) for path in (encoder, decoder))
    image = _checked(encoder, [one for one in _inputs(first) if len(_dims(one)) == 4], 'image')
    given = {one.name: one for one in _inputs(second)}
    missing = [one for one in (POINTS, LABELS, MASK, HAS_MASK) if one not in given]
    if missing:
        raise ModelError(
            f'the decoder of {name} has no input {", ".join(missing)}, which the single network '
            'has; the graph segment_anything runs it in two parts'
        )
    made = {one.name for one in first.graph.output}
    features = [one for one in given if one not in PROMPTS]
    # One tensor is meant, whatever either network calls it.
    pairs = [(one if one in made else first.graph.output[0].name, one) for one in features]
    if len(features) > 1 and not made.issuperset(features):
        raise ModelError(
            f'the decoder of {name} takes {", ".join(features)}; its encoder gives '
            f'{", ".join(sorted(made))}. Are the two files of one model?'
        )
    masks = _output(decoder, second, 4, 'low_res')
    ratings = _output(decoder, second, 2, 'iou')
    model = _merged(onnx, (first, second), pairs, (masks.name, ratings.name), name)
    nodes = Nodes()
    _feed(nodes, model, image.name)
    count = _dims(ratings)[1]
    if not isinstance(count, int):
        raise ModelError(f'{str(decoder)!r} does not say how many masks each prompt gets')
    best, rated = _BEHIND + masks.name, _BEHIND + ratings.name
    if count > 1:
        best, rated = nodes.chosen(best, rated, count, (LABELS, HAS_MASK))
    nodes.add('Identity', best, out=SMALL_MASKS)
    nodes.add('Identity', rated, out=RATINGS)
    canvas = [_whole(encoder, dim) for dim in _dims(image)[2:]]
    if sizes:
        nodes.grown(SMALL_MASKS, SIZE, canvas)
    grid, batch = _dims(given[MASK])[2:], _dims(given[POINTS])[0]
    _describe(onnx, model, nodes, [1, 3, *canvas], grid, batch, sizes)
    if model.ByteSize() > _MOST_BYTES:
        raise ModelError(f'{name} is too large for one file of ONNX; it runs in two parts')
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def _onnx() -> Any:
    try:
        import onnx
        import onnx.compose
    except ImportError as error:
        raise BackendUnavailable(
            'joining two networks needs the package onnx; type: pip install onnx'
        ) from error
    return onnx


def _load(onnx: Any, path: Path) -> Any:
    try:
        # With its external weights: the joined file lies elsewhere.
        return onnx.load(str(path))
    except Exception as error:
        # What is no ONNX file ends in errors of many kinds.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f'{str(path)!r} cannot be read as an ONNX model: {reason}') from error


def _merged(
    onnx: Any, models: Sequence[Any], pairs: Any, outputs: Sequence[str], name: str
) -> Any:
    """Return one model whose tensors have the names of their part before them."""
    newest = max(model.ir_version for model in models)
    for model in models:
        model.ir_version = newest
    parts = [
        onnx.compose.add_prefix(model, prefix)
        for model, prefix in zip(models, (_BEFORE, _BEHIND), strict=True)
    ]
    try:
        return onnx.compose.merge_models(
            *parts,
            io_map=[(_BEFORE + one, _BEHIND + other) for one, other in pairs],
            outputs=[_BEHIND + one for one in outputs],
        )
    except ValueError as error:
        raise ModelError(f'the two networks of {name} do not fit together: {error}') from error


def _feed(nodes: Nodes, model: Any, image: str) -> None:
    """Lead the inputs of the one network to those of its parts, as the types are there."""
    for value in model.graph.input:
        own = value.name.removeprefix(_BEHIND)
        name = IMAGE if value.name == _BEFORE + image else own
        kind = value.type.tensor_type.elem_type
        if name in (MASK, HAS_MASK) and not isinstance(_dims(value)[0], int):
            # NVIDIA's takes one mask for all prompts.
            name = nodes.repeated(name, LABELS, len(_dims(value)))
        nodes.add('Cast', name, out=value.name, to=kind)


def _describe(
    onnx: Any, model: Any, nodes: Nodes, image: Sequence[Any], grid: Any, batch: Any, sizes: bool
) -> None:
    """Give the network its inputs and outputs, and the nodes around the two parts."""
    rows = batch if isinstance(batch, int) else 'batch'
    given = {
        IMAGE: image, POINTS: [rows, 'num_points', 2], LABELS: [rows, 'num_points'],
        MASK: [1, 1, *grid], HAS_MASK: [1], SIZE: [2],
    }  # fmt: skip
    made = {
        MASKS: [rows, 1, 'height', 'width'], RATINGS: [rows, 1], SMALL_MASKS: [rows, 1, *grid],
    }  # fmt: skip
    if not sizes:
        del given[SIZE], made[MASKS]
    graph = model.graph
    inner = list(graph.node)
    for field in (graph.node, graph.input, graph.output):
        del field[:]
    for field, described in ((graph.input, given), (graph.output, made)):
        field.extend(
            onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
            for name, shape in described.items()
        )
    graph.node.extend(nodes.in_order(inner))
    graph.initializer.extend(nodes.constants)


def _inputs(model: Any) -> list[Any]:
    weights = {tensor.name for tensor in model.graph.initializer}
    return [value for value in model.graph.input if value.name not in weights]


def _dims(value: Any) -> list[Any]:
    """Return the axes of a tensor: a size, or None where it is free."""
    return [
        dim.dim_value if dim.HasField('dim_value') else None
        for dim in value.type.tensor_type.shape.dim
    ]


def _output(path: Path, model: Any, rank: int, named: str) -> Any:
    """Return the output of so many axes; of several the one with that in its name."""
    found = [one for one in model.graph.output if len(_dims(one)) == rank]
    found.sort(key=lambda one: named not in one.name)
    return _checked(path, found, f'output of {rank} axes')


def _checked(path: Path, found: Sequence[Any], what: str) -> Any:
    if not found:
        raise ModelError(
            f'{str(path)!r} has no {what}; an encoder and a decoder of Segment Anything are joined'
        )
    return found[0]


def _whole(path: Path, dim: Any) -> int:
    if not isinstance(dim, int):
        raise ModelError(f'the image of {str(path)!r} has no fixed size; export it with one')
    return dim
