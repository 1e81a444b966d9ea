"""
Networks of PyTorch become ONNX files with a manifest.

Needs torch, and transformers for what comes from there; nothing else in the package does.
"""

from __future__ import annotations

from .recipe import Graph, Recipe, Wishes
from .sources import find_recipe, SOURCES
from .writing import export_recipe, Exported, part_file

__all__ = [
    'SOURCES', 'Exported', 'Graph', 'Recipe', 'Wishes', 'export_recipe', 'find_recipe',
    'part_file',
]  # fmt: skip
