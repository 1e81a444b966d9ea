"""SegFormer, MaskFormer and Mask2Former of transformers, from a folder or by their name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any, Final
import warnings

from .libraries import library
from .processor import image_input
from .recipe import Graph, Recipe, Wishes
from ..errors import ModelError
from ..label_sets import label_texts
from ..user_files import user_path

_QUERIES: Final = ('class_queries_logits', 'masks_queries_logits')
_CLASSES: Final = {'class_queries_logits': -1}


@dataclass(frozen=True)
class _Kind:
    """What is known of a type of model: its class, the outputs that count, and its family."""

    network: str
    family: str
    outputs: tuple[str, ...]
    classes: Mapping[str, int]
    output: Mapping[str, Any] = field(default_factory=dict)


_KINDS: Final = {
    'segformer': _Kind(
        'SegformerForSemanticSegmentation',
        'segformer',
        ('logits',),
        {'logits': 1},
        {'name': 'logits', 'kind': 'logits', 'layout': 'NCHW'},
    ),
    'maskformer': _Kind('MaskFormerForInstanceSegmentation', 'maskformer', _QUERIES, _CLASSES),
    'mask2former': _Kind('Mask2FormerForUniversalSegmentation', 'mask2former', _QUERIES, _CLASSES),
}
_TASKS: Final = ('panoptic', 'instance', 'semantic')

Maker = Callable[[Any, str, Wishes], Recipe]


def hugging_face_recipe(source: str, wishes: Wishes) -> Recipe:
    """Return how to export a model of transformers."""
    transformers = library('transformers')
    place = str(user_path(source)) if user_path(source).is_dir() else source
    config = _loaded(source, transformers.AutoConfig, place)
    maker = MODEL_TYPES.get(config.model_type)
    if maker is None:
        raise ModelError(
            f'{source!r} is a model of type {config.model_type}; those that can be exported are '
            f'{", ".join(MODEL_TYPES)}'
        )
    return maker(config, place, wishes)


def _segmentation(config: Any, place: str, wishes: Wishes) -> Recipe:
    """Return the recipe of a network that takes one image."""
    torch, transformers = library('torch'), library('transformers')
    kind = _KINDS[config.model_type]
    model = _loaded(place, getattr(transformers, kind.network), place)
    given = image_input(_processor(place), place, wishes.size)
    image = torch.zeros((1, 3, *given['size']), dtype=torch.float32)
    module = _tuple_of(torch, model.float().eval(), kind.outputs)
    output = dict(kind.output)
    task = next((task for task in _TASKS if place.rstrip('/').endswith(task)), None)
    if kind.outputs == _QUERIES and task:
        output['task'] = task
    manifest = {
        'family': kind.family,
        'source': Path(place).name if Path(place).is_dir() else f'https://huggingface.co/{place}',
        'input': {'name': 'pixel_values', **given},
        'output': output,
        'labels': _labels(config),
    }
    graph = Graph(module, {'pixel_values': image}, kind.outputs, kind.classes)
    return Recipe({'': graph}, manifest)


# One maker for each type of model. Those of several files, as SAM is, have their own.
MODEL_TYPES: Final[dict[str, Maker]] = dict.fromkeys(_KINDS, _segmentation)


def _loaded(source: str, kind: Any, place: str) -> Any:
    """Load a config or a model; what goes wrong is one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            return kind.from_pretrained(place)
    except Exception as error:
        # Names, weights and settings that are wrong end in errors of many kinds.
        line = ' '.join(str(error).split())[:300]
        raise ModelError(f'{source!r} cannot be loaded by transformers: {line}') from error


def _processor(place: str) -> dict[str, Any]:
    """Return what the model's image processor is set to; {} where nothing is said."""
    path = Path(place) / 'preprocessor_config.json'
    if not Path(place).is_dir():
        find = library('transformers.utils').cached_file
        try:
            found = find(place, path.name, _raise_exceptions_for_missing_entries=False)
        except OSError as error:
            line = ' '.join(str(error).split())[:300]
            raise ModelError(f'{path.name} of {place!r} cannot be fetched: {line}') from error
        path = Path(found or path)
    try:
        content = json.loads(path.read_text(encoding='utf-8')) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise ModelError(f'{str(path)!r} cannot be read: {error}') from error
    if not isinstance(content, dict):
        raise ModelError(f'{str(path)!r} holds no names and values')
    return content


def _labels(config: Any) -> list[str]:
    names: dict[int, str] = config.id2label or {}
    return [text.strip() for text in label_texts([names[number] for number in sorted(names)])]


def _tuple_of(torch: Any, model: Any, outputs: tuple[str, ...]) -> Any:
    """Return a module that gives some of a model's outputs, in order."""

    class Plain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model
            # The exporter puts all modules back into the mode of this one.
            self.eval()

        def forward(self, image: Any) -> Any:
            found = self.model(image)
            return tuple(found[name] for name in outputs)

    return Plain()
