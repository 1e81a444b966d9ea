"""The checkpoints that SAM, MobileSAM and NanoSAM are published as: `export NAME --checkpoint`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from re import fullmatch
from typing import Any, Final

from .libraries import libraries, library
from .meta_keys import prompt_sizes, renamed, shape_of, VISION, vision_sizes
from .recipe import Recipe, Wishes
from .sam import sam_graphs, sam_manifest
from .sam2_checkpoint import sam2_checkpoint
from .torchvision_nets import read_state
from ..errors import ConfigError, ModelError
from ..user_files import user_path

_MEAN: Final = [0.485, 0.456, 0.406]
_STD: Final = [0.229, 0.224, 0.225]
_SIDE: Final = 1024
# The head with which TinyViT learned to name pictures, which nothing asks here.
_UNUSED: Final = ('norm_head.', 'head.')
_PUBLISHED: Final = {
    'sam': 'sam_vit_b_01ec64.pth and others at https://github.com/facebookresearch/segment-anything',
    'mobilesam': 'mobile_sam.pt at https://github.com/ChaoningZhang/MobileSAM',
    **dict.fromkeys(
        ('sam2', 'sam2.1'),
        'sam2.1_hiera_tiny.pt and others at https://github.com/facebookresearch/sam2',
    ),
    'edgetam': 'edgetam.pt at https://github.com/facebookresearch/EdgeTAM',
    'nanosam': 'what https://github.com/NVIDIA-AI-IOT/nanosam or python -m training.distill wrote',
}
_STAGES: Final = (1, 2, 3, 4)


def checkpoint_recipe(source: str, wishes: Wishes) -> Recipe:
    """Return how to export a checkpoint of Segment Anything or its kin."""
    maker = CHECKPOINTS[source]
    if not wishes.checkpoint:
        raise ConfigError(
            f'{source} is exported from a file; give it with --checkpoint FILE '
            f'({_PUBLISHED[source]})'
        )
    if wishes.decoder and source != 'nanosam':
        raise ConfigError(f'--decoder is for nanosam; a checkpoint of {source} has its decoder')
    for file in filter(None, (wishes.checkpoint, wishes.decoder)):
        if user_path(file).is_dir():
            raise ConfigError(
                f'checkpoint {str(user_path(file))!r} is a folder; the file of weights in it is '
                f'expected ({_PUBLISHED[source]}). A folder of transformers is exported by its '
                f'name alone: isaac-seg export {file}'
            )
        if not user_path(file).is_file():
            raise ConfigError(f'checkpoint {str(user_path(file))!r} does not exist')
    (torch, *_) = libraries('torch', 'transformers', 'onnx')
    return maker(torch, wishes)


def _sam(torch: Any, wishes: Wishes) -> Recipe:
    from .sam_parts import ImageEncoder

    state = renamed(read_state(torch, wishes.checkpoint))
    sizes = vision_sizes(state)
    model = _model(state, sizes['image_size'], vision=sizes)
    _fill(model, state, wishes.checkpoint)
    return _recipe(ImageEncoder(model), model, sizes['image_size'], wishes)


def _mobile_sam(torch: Any, wishes: Wishes) -> Recipe:
    from .tiny_vit import TinyViT

    given = read_state(torch, wishes.checkpoint)
    image = {
        name.removeprefix('image_encoder.'): weight
        for name, weight in given.items()
        if name.startswith('image_encoder.')
    }
    encoder = TinyViT(_SIDE).eval()
    used = {name: weight for name, weight in image.items() if not name.startswith(_UNUSED)}
    _fill(encoder, used, wishes.checkpoint)
    return _recipe(encoder, _prompted(given, wishes.checkpoint), _SIDE, wishes)


def _nano_sam(torch: Any, wishes: Wishes) -> Recipe:
    from .nanosam_encoder import ResNetEncoder, STRIDE

    if not wishes.decoder:
        raise ConfigError(
            'a checkpoint of NanoSAM has no decoder; give that of MobileSAM beside it: --decoder '
            'mobile_sam.pt'
        )
    state = read_state(torch, wishes.checkpoint)
    if any('.conv3.' in name for name in state):
        raise ModelError('of NanoSAM, the encoders resnet18 and resnet34 can be exported')
    blocks = [fullmatch(r'backbone\.layer(\d)\.\d+\.conv1\.weight', name) for name in state]
    depths = [sum(block[1] == str(stage) for block in blocks if block) for stage in _STAGES]
    widths = [shape_of(state, f'backbone.layer{stage}.0.conv1.weight')[0] for stage in _STAGES]
    channels, neck = shape_of(state, 'proj.2.weight')[:2]
    grid = shape_of(state, 'pos_embedding')[-1]
    encoder = ResNetEncoder(depths, grid, widths, channels, neck).eval()
    _fill(encoder, state, wishes.checkpoint)
    model = _prompted(read_state(torch, wishes.decoder), wishes.decoder, grid * STRIDE)
    return _recipe(encoder, model, grid * STRIDE, wishes)


Maker = Callable[[Any, Wishes], Recipe]
CHECKPOINTS: Final[dict[str, Maker]] = {
    'sam': _sam, 'mobilesam': _mobile_sam, 'nanosam': _nano_sam, 'sam2': sam2_checkpoint,
    'sam2.1': sam2_checkpoint, 'edgetam': sam2_checkpoint,
}  # fmt: skip


def _prompted(given: Mapping[str, Any], file: str, side: int = _SIDE) -> Any:
    """Return the prompt encoder and mask decoder of a checkpoint, whatever its image encoder."""
    state = {name: w for name, w in renamed(given).items() if not name.startswith(VISION)}
    small = {'num_hidden_layers': 0, 'image_size': side, 'global_attn_indexes': []}
    model = _model(state, side, vision=small)
    del model.vision_encoder
    _fill(model, state, file)
    return model


def _model(state: Mapping[str, Any], side: int, vision: Mapping[str, Any]) -> Any:
    """Return Segment Anything of transformers in the sizes of a checkpoint."""
    transformers = library('transformers')
    places = shape_of(state, 'shared_image_embedding.positional_embedding')[1]
    sizes = {'vision_config': {'num_pos_feats': places, **vision}, **prompt_sizes(state, side)}
    return transformers.SamModel(transformers.SamConfig(**sizes)).eval()


def _fill(module: Any, state: Mapping[str, Any], file: str) -> None:
    """Load weights, all that there are and none besides."""
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        line = ' '.join(str(error).split())[:300]
        raise ModelError(f'{file!r} does not fit: {line}') from error


def _recipe(encoder: Any, model: Any, side: int, wishes: Wishes) -> Recipe:
    given = {
        'size': [side, side], 'layout': 'NCHW', 'dtype': 'float32', 'color': 'rgb',
        'mean': _MEAN, 'std': _STD,
    }  # fmt: skip
    graphs = sam_graphs(encoder, model, side, wishes)
    return Recipe(graphs, sam_manifest(user_path(wishes.checkpoint).name, given))
