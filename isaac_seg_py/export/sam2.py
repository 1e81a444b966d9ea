"""Segment Anything 2 of transformers, and EdgeTAM, become four networks."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

from .libraries import library
from .loading import loaded, processor_settings
from .processor import image_input
from .recipe import Graph, Recipe, Wishes
from ..errors import ConfigError, ModelError

_OBJECTS: Final = {0: 'objects'}
_POINTS: Final = {0: 'objects', 1: 'points'}
_MEMORIES: Final = {0: 'objects', 1: 'memories'}
_POINTERS: Final = {0: 'objects', 1: 'pointers'}
_ANY_SIZE: Final = {0: 'objects', 2: 'rows', 3: 'columns'}
# The memory encoder takes masks of the canvas's size, which it makes 16 times as small.
_PATCH: Final = 16
# The networks with a memory, by what their config calls itself.
_VIDEO_MODELS: Final = {'sam2_video': 'Sam2VideoModel', 'edgetam_video': 'EdgeTamVideoModel'}
# By the width of the first blocks of the image encoder, and their number in all.
_SIZES: Final = {
    (96, 12): 'tiny', (96, 16): 'small', (112, 24): 'base_plus', (144, 48): 'large',
}  # fmt: skip
# How strong the noise is with which the decoder is tried.
_GAINS: Final = (1.0, 0.5, 2.0, 0.1, 4.0, 1.0, 0.5, 2.0, 0.1, 8.0)


def sam2_recipe(config: Any, place: str, wishes: Wishes) -> Recipe:
    """Return how to export SAM 2 or EdgeTAM from a folder, or by its name on Hugging Face."""
    kind = _VIDEO_MODELS.get(config.model_type)
    if kind is None:
        raise ModelError(
            f'{place!r} is a model of type {config.model_type}, which has no memory; a '
            'Sam2VideoModel is expected, as facebook/sam2.1-hiera-tiny is, or an EdgeTamVideoModel'
        )
    model = loaded(place, getattr(library('transformers'), kind), place)
    side = int(model.image_size)
    source = Path(place).name if Path(place).is_dir() else f'https://huggingface.co/{place}'
    given = image_input(processor_settings(place), place, (side, side))
    return recipe_of(model, {'source': source, 'input': given}, wishes)


def recipe_of(model: Any, said: dict[str, Any], wishes: Wishes) -> Recipe:
    """Return the recipe of a `Sam2VideoModel` or its kin; `said` goes into the manifest."""
    model = model.float().eval()
    model.set_attn_implementation('eager')
    side, patch = int(model.image_size), int(model.config.prompt_encoder_config.patch_size)
    if wishes.size not in (None, (side, side)):
        raise ConfigError(f'--size is {wishes.size}; SAM 2 takes {side}x{side} and no other size')
    if wishes.variant:
        check_variant(model.config.vision_config.backbone_config, wishes.variant)
    if patch != _PATCH:
        raise ModelError(f'patches are of {patch} pixels; SAM 2 with {_PATCH} can be exported')
    return Recipe(
        {**_image_graphs(model, side), **_memory_graphs(model)},
        {
            **said,
            'family': 'sam2',
            'input': {'name': 'image', **said['input'], 'fit': 'stretch'},
        },
    )


def check_variant(backbone: Any, wanted: str) -> None:
    """Refuse weights that are not of the size that was named."""
    width, blocks = getattr(backbone, 'hidden_size', 0), getattr(backbone, 'blocks_per_stage', ())
    found = _SIZES.get((width, sum(blocks)), 'of a size of its own')
    if found != wanted:
        raise ConfigError(
            f'--size is {wanted}, and the weights are {found}; leave it out: the weights show it'
        )


def _image_graphs(model: Any, side: int) -> dict[str, Graph]:
    torch = library('torch')
    from .sam2_parts import (
        DECODER_INPUTS,
        DECODER_OUTPUTS,
        ENCODER_OUTPUTS,
        ImageEncoder,
        PromptDecoder,
    )

    width, (height, length) = model.hidden_dim, model.backbone_feature_sizes[-1]
    module = PromptDecoder(model).eval()
    # Two objects with each kind of token; zeros are filled with noise.
    given = (
        torch.zeros(2, width, height, length),
        torch.zeros(1, width // 8, 4 * height, 4 * length),
        torch.zeros(1, width // 4, 2 * height, 2 * length),
        torch.tensor([[[0.3, 0.4], [0.6, 0.5], [0.0, 0.0]], [[0.1, 0.2], [0.7, 0.9], [0.0, 0.0]]])
        * side,
        torch.tensor([[1.0, 0.0, -1.0], [2.0, 3.0, -1.0]]),
        torch.zeros(2, 1, 4 * height, 4 * length),
        torch.tensor([1.0, 0.0]),
    )
    names = (DECODER_INPUTS[0], *DECODER_INPUTS[3:], *DECODER_OUTPUTS)
    free = {**dict.fromkeys(names, _OBJECTS), DECODER_INPUTS[3]: _POINTS}
    decoder = Graph(
        module,
        dict(zip(DECODER_INPUTS, _one_seen(torch, module, given), strict=True)),
        DECODER_OUTPUTS,
        free={**free, DECODER_INPUTS[4]: _POINTS},
    )
    image = {'image': torch.zeros(1, 3, side, side)}
    encoder = Graph(ImageEncoder(model).eval(), image, ENCODER_OUTPUTS)
    return {'image_encoder': encoder, 'decoder': decoder}


def _one_seen(torch: Any, module: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """
    Return inputs with noise for which one object is there and the other is not.

    Of what is not there the decoder gives nothing that could be compared.
    """
    generator = torch.Generator().manual_seed(0)
    best, widest = given, -math.inf
    for gain in _GAINS:
        noise = [gain * torch.randn(one.shape, generator=generator) for one in given[:3]]
        tried = (*noise, *given[3:])
        with torch.inference_mode():
            presence = module(*tried)[3]
        # The further both are from the threshold, the less a rounding turns one of them.
        margin = float(min(presence.max(), -presence.min()))
        if margin > widest:
            best, widest = tried, margin
    return best


def _memory_graphs(model: Any) -> dict[str, Graph]:
    torch = library('torch')
    from .sam2_memory import (
        MemoryAttention,
        MemoryEncoder,
        READER_INPUTS,
        READER_OUTPUTS,
        WRITER_INPUTS,
        WRITER_OUTPUTS,
    )

    width, (height, length) = model.hidden_dim, model.backbone_feature_sizes[-1]
    features = torch.zeros(1, width, height, length)
    reading = MemoryAttention(model).eval()
    masks = torch.zeros(2, 1, 4 * height, 4 * length)
    presence, binarize = torch.tensor([[2.0], [-2.0]]), torch.tensor([0.0, 1.0])
    names = (*WRITER_INPUTS[2:], *WRITER_OUTPUTS)
    writer = Graph(
        MemoryEncoder(model).eval(),
        dict(zip(WRITER_INPUTS, (features, masks, presence, binarize), strict=True)),
        WRITER_OUTPUTS,
        free={**dict.fromkeys(names, _OBJECTS), WRITER_INPUTS[1]: _ANY_SIZE},
    )
    given = (
        features,
        torch.zeros(2, 3, *reading.memory_shape),
        torch.tensor([[6, 1, 0], [6, 2, 0]]),
        torch.zeros(2, 2, width),
        torch.tensor([[0.2, 0.1], [1.5, 0.1]]),
    )
    reader = Graph(
        reading,
        dict(zip(READER_INPUTS, given, strict=True)),
        READER_OUTPUTS,
        free={
            **dict.fromkeys(READER_INPUTS[1:3], _MEMORIES),
            **dict.fromkeys(READER_INPUTS[3:], _POINTERS),
            **dict.fromkeys(READER_OUTPUTS, _OBJECTS),
        },
    )
    return {'memory_encoder': writer, 'memory_attention': reader}
