"""Where networks come from: each source knows its own by how they are written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from .hugging_face import hugging_face_recipe
from .recipe import Recipe, Wishes
from .sam_checkpoints import checkpoint_recipe, CHECKPOINTS
from .torchvision_nets import torchvision_recipe
from ..errors import ConfigError
from ..user_files import user_path

Source = Callable[[str, Wishes], Recipe]


def _is_checkpoint(source: str) -> bool:
    return source in CHECKPOINTS


def _is_torchvision(source: str) -> bool:
    return source.startswith('torchvision/') or Path(source).suffix in ('.pt', '.pth')


def _is_hugging_face(source: str) -> bool:
    words = source.split('/')
    named = len(words) == 2 and all(words) and not source.startswith(('.', '~'))
    return named or (user_path(source) / 'config.json').is_file()


# The first that knows a source makes the recipe.
SOURCES: Final[dict[str, tuple[Callable[[str], bool], Source]]] = {
    'checkpoint': (_is_checkpoint, checkpoint_recipe),
    'torchvision': (_is_torchvision, torchvision_recipe),
    'hugging_face': (_is_hugging_face, hugging_face_recipe),
}


def find_recipe(source: str, wishes: Wishes) -> Recipe:
    """Return how to export a folder, a file, or a network that has a public name."""
    if (wishes.checkpoint or wishes.decoder) and not _is_checkpoint(source):
        raise ConfigError(
            f'{source!r} takes no --checkpoint; {", ".join(CHECKPOINTS)} are exported from one'
        )
    for is_known, recipe in SOURCES.values():
        if is_known(source):
            return recipe(source, wishes)
    raise ConfigError(
        f'{source!r} cannot be exported; expected is a model that isaac-seg models lists as to be '
        'made, a folder that save_pretrained of transformers wrote, a name on Hugging Face such '
        'as nvidia/segformer-b0-finetuned-ade-512-512, torchvision/NAME, a .pth file of '
        f'torchvision with --architecture NAME, or {", ".join(CHECKPOINTS)} with --checkpoint FILE'
    )
