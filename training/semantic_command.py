"""The command that trains, exports and measures a semantic network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from isaac_seg_py.scenes import CLASS_NAMES
from torch import nn

from .command import Build, options, say_result, SIZE, train_as_asked, TUNING_SEEDS
from .evaluate import confusion_matrix, predict_with, report
from .onnx_export import export
from .scene_batches import SceneBatches
from .semantic_training import semantic_loss


@dataclass(frozen=True)
class Recipe:
    """What one semantic network does in its own way."""

    name: str
    build: Build
    exported: Callable[[nn.Module], nn.Module]
    given: str = 'image'
    taken: str = 'scores'
    crops: float = 0.72
    """Part of the time in which crops are learned from."""
    rate: float = 3e-3


def run(recipe: Recipe) -> None:
    """Train as the command line says."""
    asked = options(recipe.name, recipe.crops, recipe.rate)
    scenes = SceneBatches(asked.cache, asked.scenes, SIZE, asked.threads)
    trained = train_as_asked(asked, scenes, len(CLASS_NAMES), recipe.build, semantic_loss)
    export(recipe.exported(trained), SIZE, asked.out, recipe.given, (recipe.taken,))
    counts = confusion_matrix(predict_with(asked.out), TUNING_SEEDS, (480, 640))
    say_result(asked.out, report(counts))
