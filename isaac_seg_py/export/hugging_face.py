"""Networks of transformers, from a folder or by their name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from .libraries import library
from .loading import loaded, processor_settings
from .processor import image_input
from .recipe import Graph, Recipe, Wishes
from .sam import sam_recipe
from .sam2 import sam2_recipe
from ..catalog.label_sets import label_texts
from ..errors import ModelError
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
    folded: bool = False


_KINDS: Final = {
    'segformer': _Kind(
        'SegformerForSemanticSegmentation',
        'segformer',
        ('logits',),
        {'logits': 1},
        {'name': 'logits', 'kind': 'logits', 'layout': 'NCHW'},
        folded=True,
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
    config = loaded(source, transformers.AutoConfig, place)
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
    model = loaded(place, getattr(transformers, kind.network), place)
    given = image_input(processor_settings(place), place, wishes.size)
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
    graph = Graph(
        module, {'pixel_values': image}, kind.outputs, kind.classes,
        folded=kind.folded and not wishes.plain,
    )  # fmt: skip
    return Recipe({'': graph}, manifest)


# One maker for each type of model. Those of several files, as SAM is, have their own.
MODEL_TYPES: Final[dict[str, Maker]] = {
    **dict.fromkeys(_KINDS, _segmentation),
    'sam': sam_recipe,
    **dict.fromkeys(('sam2_video', 'sam2', 'edgetam_video', 'edgetam'), sam2_recipe),
}


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
