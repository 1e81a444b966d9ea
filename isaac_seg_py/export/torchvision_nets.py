"""FCN, DeepLab and LR-ASPP of torchvision, with its own weights or those of a file."""

from __future__ import annotations

from typing import Any, Final

from .libraries import library
from .recipe import Graph, Recipe, Wishes
from ..errors import ConfigError, in_words, ModelError
from ..user_files import user_path

_SIZE: Final = (520, 520)
_MEAN: Final = [0.485, 0.456, 0.406]
_STD: Final = [0.229, 0.224, 0.225]
# The last layer of each, whose weights show how many classes there are.
_LAST: Final = ('classifier.4.weight', 'classifier.low_classifier.weight')


def torchvision_recipe(source: str, wishes: Wishes) -> Recipe:
    """Return how to export `torchvision/NAME`, or a file of weights with an architecture."""
    torch = library('torch')
    size = wishes.size or _SIZE
    if source.startswith('torchvision/'):
        model, labels = _with_own_weights(source.partition('/')[2])
        origin = 'https://pytorch.org/vision/stable/models.html#semantic-segmentation'
    else:
        model, labels = _with_weights_of(torch, source, wishes.architecture), []
        origin = user_path(source).name
    manifest = {
        'family': 'deeplab',
        'source': origin,
        'input': {
            'name': 'input', 'size': list(size), 'layout': 'NCHW', 'dtype': 'float32',
            'color': 'rgb', 'mean': _MEAN, 'std': _STD,
        },
        'output': {'name': 'out', 'kind': 'logits', 'layout': 'NCHW'},
        'labels': labels,
    }  # fmt: skip
    image = torch.zeros((1, 3, *size), dtype=torch.float32)
    module = scores_of(torch, model)
    return Recipe({'': Graph(module, {'input': image}, ('out',), {'out': 1})}, manifest)


def scores_of(torch: Any, model: Any) -> Any:
    """Return a module that gives only `out` of a network which gives a dict, as these do."""

    class Scores(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model
            # The exporter puts all modules back into the mode of this one.
            self.eval()

        def forward(self, image: Any) -> Any:
            return (self.model(image)['out'],)

    return Scores()


def _with_own_weights(name: str) -> tuple[Any, list[str]]:
    models = library('torchvision').models
    if name not in models.list_models(module=models.segmentation):
        known = ', '.join(models.list_models(module=models.segmentation))
        raise ConfigError(f'torchvision has no network {name!r} for segmentation; it has {known}')
    weights = models.get_model_weights(name).DEFAULT
    return models.get_model(name, weights=weights), list(weights.meta['categories'])


def _with_weights_of(torch: Any, source: str, architecture: str) -> Any:
    if not architecture:
        raise ConfigError(
            f'{source!r} holds weights alone; say of what with --architecture, such as '
            'deeplabv3_resnet50'
        )
    state = read_state(torch, source)
    last = next((state[name] for name in _LAST if name in state), None)
    if last is None:
        raise ModelError(f'{source!r} holds no weights of FCN, DeepLab or LR-ASPP of torchvision')
    models = library('torchvision').models
    more = {} if architecture.startswith('lraspp') else {
        'aux_loss': any(name.startswith('aux_classifier.') for name in state)
    }  # fmt: skip
    try:
        model = models.get_model(
            architecture, weights=None, weights_backbone=None, num_classes=len(last), **more
        )
        model.load_state_dict(state)
    except (ValueError, RuntimeError, TypeError) as error:
        line = ' '.join(str(error).split())[:300]
        raise ModelError(f'{source!r} does not fit {architecture}: {line}') from error
    return model


def read_state(torch: Any, source: str) -> dict[str, Any]:
    """Return the weights in a file, which may be below the key of a training's checkpoint."""
    path = user_path(source)
    try:
        # Nothing but tensors is read, since unpickling anything would run code.
        content = torch.load(path, map_location='cpu', weights_only=True)
    except Exception as error:
        # What is no file of PyTorch ends in errors of many kinds.
        line = ' '.join(in_words(error).split())[:300]
        raise ModelError(
            f'{str(path)!r} cannot be read by PyTorch: it holds no weights, or was not written to '
            f'its end ({line})'
        ) from error
    for key in ('model', 'state_dict'):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not all(hasattr(v, 'shape') for v in content.values()):
        raise ModelError(f'{str(path)!r} holds no weights by name (a state dict)')
    return {name.removeprefix('module.'): value for name, value in content.items()}
