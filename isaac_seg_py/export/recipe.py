"""What it takes to export a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Graph:
    """
    One ONNX file: a module of PyTorch, and what goes in and out by name.

    `inputs` are tensors of the right shapes, with which the export is also checked; those that are
    all zero are filled with noise for that. The module
    gives a tuple, in the order of `outputs`. `classes` is the axis on which an output has a score
    for each class. `free` names the axes of a tensor that are not fixed. `folded` says that linear
    layers that only follow one another are written as one.
    """

    module: Any
    inputs: Mapping[str, Any]
    outputs: Sequence[str]
    classes: Mapping[str, int] = field(default_factory=dict)
    free: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    folded: bool = False


@dataclass(frozen=True)
class Recipe:
    """
    The files of a network, by what each is for, and what its manifest says beside them.

    A network in one piece has one file, named ''.
    """

    graphs: Mapping[str, Graph]
    manifest: Mapping[str, Any]


@dataclass(frozen=True)
class Wishes:
    """What a user asks for where a source leaves a choice; None and '' are as the source says."""

    size: tuple[int, int] | None = None
    architecture: str = ''
    variant: str = ''
    """What a SAM 2 is expected to be: tiny, small, base_plus or large."""
    checkpoint: str = ''
    """The file of a network that is known by its name alone."""
    decoder: str = ''
    """The checkpoint that a decoder is taken from, where another has none."""
    plain: bool = False
    """Whether each layer is written as it is, where several could be one."""
