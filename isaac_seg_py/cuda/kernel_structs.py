"""
The parameters of the kernels, field for field as the `.cu` and `.cuh` files have them.

Pointers are addresses on the device; 0 where a result is not wanted.
"""

from __future__ import annotations

from ctypes import c_float, c_int, c_longlong, c_void_p, Structure
from typing import Any, ClassVar, Final

ELEMENTS: Final = (
    'float32', 'float16', 'float64', 'uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32',
    'uint64', 'int64',
)  # fmt: skip
SOURCE_KINDS: Final = ('bytes', 'words', 'floats', 'yuv_packed', 'yuv_planes', 'bayer')
SAMPLINGS: Final = ('point', 'linear', 'area')
OUTPUT_KINDS: Final = ('chances', 'scores', 'binary', 'binary_scores', 'ids')
REPORT_FIELDS: Final = ('not_finite', 'out_of_range', 'fractions', 'highest')
"""What a postprocess report of four uint32 counts: faulty pixels by kind, and the highest id."""

Fields = list[tuple[str, Any]]


class Axis(Structure):
    """Where the pixels of one axis lie between the cells of another; see axis.cuh."""

    _fields_: ClassVar[Fields] = [
        ('start', c_longlong),
        ('step', c_longlong),
        ('first', c_int),
        ('last', c_int),
        ('cells', c_int),
        ('unused', c_int),
    ]


class ImageSource(Structure):
    """A camera image on the device; see colors.cuh."""

    _fields_: ClassVar[Fields] = [
        ('pixels', c_void_p),
        ('step', c_longlong),
        ('height', c_int),
        ('width', c_int),
        ('kind', c_int),
        ('channels', c_int),
        ('places', c_int * 3),
        ('swapped', c_int),
    ]


class PreprocessParameters(Structure):
    """What preprocess.cu takes."""

    _fields_: ClassVar[Fields] = [
        ('image', ImageSource),
        ('tensor', c_void_p),
        ('not_finite', c_void_p),
        ('rows', Axis),
        ('columns', Axis),
        *((name, c_int) for name in ('height', 'width', 'top', 'left', 'bottom', 'right')),
        *((name, c_int) for name in ('sampling', 'element', 'channels', 'reversed', 'planar')),
        ('batch', c_int),
        *((name, c_float * 3) for name in ('scale', 'bias', 'padding')),
    ]


class PostprocessParameters(Structure):
    """What postprocess.cu takes."""

    _fields_: ClassVar[Fields] = [
        *((name, c_void_p) for name in ('output', 'labels', 'confidence', 'colors', 'overlay')),
        *((name, c_void_p) for name in ('counts', 'report', 'palette')),
        ('image', ImageSource),
        ('rows', Axis),
        ('columns', Axis),
        *((name, c_longlong) for name in ('class_stride', 'row_stride', 'column_stride')),
        *((name, c_int) for name in ('height', 'width', 'classes', 'ignored', 'element', 'kind')),
        *((name, c_int) for name in ('interpolate', 'label_bytes', 'outside_class')),
        *((name, c_int) for name in ('count_slots', 'palette_size', 'color_channels')),
        *((name, c_int) for name in ('colors_reversed', 'overlay_reversed')),
        *((name, c_int) for name in ('clear_in_colors', 'clear_in_overlay')),
        *((name, c_float) for name in ('limit', 'image_share', 'color_share')),
        ('unused', c_int),
    ]


class MaskUpscaleParameters(Structure):
    """What mask_upscale.cu takes."""

    _fields_: ClassVar[Fields] = [
        *((name, c_void_p) for name in ('scores', 'masks', 'areas', 'boxes')),
        ('rows', Axis),
        ('columns', Axis),
        *((name, c_longlong) for name in ('mask_stride', 'row_stride', 'column_stride')),
        *((name, c_int) for name in ('height', 'width', 'count', 'element')),
        ('limit', c_float),
        ('unused', c_int),
    ]


class MemoryReadParameters(Structure):
    """What memory_read.cu takes."""

    _fields_: ClassVar[Fields] = [
        *((name, c_void_p) for name in ('entries', 'places', 'out')),
        *((name, c_int) for name in ('length', 'count', 'halves', 'element')),
    ]


class MemoryWriteParameters(Structure):
    """What memory_write.cu takes."""

    _fields_: ClassVar[Fields] = [
        *((name, c_void_p) for name in ('values', 'target', 'faults')),
        *((name, c_int) for name in ('length', 'count', 'element', 'unused')),
    ]
