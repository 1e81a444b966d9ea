"""From the bytes of an image to the input tensor of a network."""

from .colors import to_color
from .compressed import decode_compressed
from .image import ImageEncoder

__all__ = ['ImageEncoder', 'decode_compressed', 'to_color']
