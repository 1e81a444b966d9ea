"""Segment Anything becomes two networks: image encoder and prompt decoder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .libraries import library
from .loading import loaded, processor_settings
from .processor import image_input
from .recipe import Graph, Recipe, Wishes
from ..errors import ConfigError

_OBJECTS: Final = {0: 'objects'}
_POINTS: Final = {0: 'objects', 1: 'points'}


def sam_recipe(config: Any, place: str, wishes: Wishes) -> Recipe:
    """Return how to export SAM of transformers."""
    side = int(config.vision_config.image_size)
    transformers = library('transformers')
    # It subclasses PyTorch's modules, so that it can only be read where PyTorch is.
    from .sam_parts import ImageEncoder

    model = loaded(place, transformers.SamModel, place).float().eval()
    source = Path(place).name if Path(place).is_dir() else f'https://huggingface.co/{place}'
    given = image_input(processor_settings(place), place, (side, side))
    graphs = sam_graphs(ImageEncoder(model), model, side, wishes)
    return Recipe(graphs, sam_manifest(source, given))


def sam_graphs(encoder: Any, model: Any, side: int, wishes: Wishes) -> dict[str, Graph]:
    """
    Return both parts: a module that encodes images, and the decoder of transformers' `SamModel`.

    The input has the size that the network was trained with.
    """
    if wishes.size not in (None, (side, side)):
        raise ConfigError(f'--size is {wishes.size}; SAM takes {side}x{side} and no other size')
    torch = library('torch')
    from .sam_parts import DECODER_INPUTS, DECODER_OUTPUTS, PromptDecoder

    prompts = model.config.prompt_encoder_config
    cells, channels = side // prompts.patch_size, prompts.hidden_size
    # Two objects of each kind of token; zeros are filled with noise.
    given = (
        torch.zeros(1, channels, cells, cells),
        torch.tensor([[[0.3, 0.4], [0.6, 0.5], [0.0, 0.0]], [[0.1, 0.2], [0.7, 0.9], [0.5, 0.5]]])
        * side,
        torch.tensor([[1.0, 0.0, -1.0], [2.0, 3.0, 1.0]]),
        torch.zeros(2, 1, 4 * cells, 4 * cells),
        torch.ones(2),
    )
    free = dict.fromkeys((*DECODER_INPUTS[3:], *DECODER_OUTPUTS), _OBJECTS)
    decoder = Graph(
        PromptDecoder(model),
        dict(zip(DECODER_INPUTS, given, strict=True)),
        DECODER_OUTPUTS,
        free={**free, DECODER_INPUTS[1]: _POINTS, DECODER_INPUTS[2]: _POINTS},
    )
    image = {'image': torch.zeros(1, 3, side, side)}
    return {'encoder': Graph(encoder, image, DECODER_INPUTS[:1]), 'decoder': decoder}


def sam_manifest(source: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the manifest of both parts says; `given` is how images are normalised."""
    return {
        'family': 'sam',
        'source': source,
        'input': {
            'name': 'image',
            **given,
            'fit': 'letterbox_top_left',
            'pad_after_normalization': True,
        },
    }
