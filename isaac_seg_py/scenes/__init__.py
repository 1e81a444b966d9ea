"""
Scenes with known truth: pictures and videos of shapes, made from a seed.

Demo, tests, training, benchmarks and evaluation all use these.
"""

from .classes import CLASS_NAMES, FIRST_ACCEPTANCE_SEED, PALETTE
from .make import make_scene, make_video, stream_video
from .scene import Scene

__all__ = [
    'CLASS_NAMES',
    'FIRST_ACCEPTANCE_SEED',
    'PALETTE',
    'Scene',
    'make_scene',
    'make_video',
    'stream_video',
]
