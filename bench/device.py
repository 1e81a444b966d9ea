"""The rows that need an NVIDIA GPU, by `isaac-seg bench`'s own engine."""

from __future__ import annotations

from isaac_seg_py.cuda import is_available

from .rows import Row

_BENCH = 'isaac-seg bench unet model:=FILE.onnx --transport inproc --peak'
ROWS = (
    ('GPU: U-Net graph 960x544, ShuffleSeg-sized', '>= 1330 fps, <= 1 ms', _BENCH),
    ('GPU: SegFormer-B0 512', '<= 4 x roofline, > 265 fps',
     'isaac-seg bench segformer model:=out/bench/networks/segformer_b0.onnx --peak'),
    ('GPU: SAM ViT-B, a box', '<= 4 x roofline, > 20.8 fps', 'FULL=1 make bench'),
    ('GPU: MobileSAM, a box', '<= 4 x roofline, > 70 fps', 'FULL=1 make bench'),
    ('GPU: SAM2.1-tiny, one object', '<= 4 x roofline, > 45 fps', 'FULL=1 make bench'),
    ('GPU: before and after the network, 1920x1200', '<= 0.1 ms',
     'isaac-seg bench unet model:=identity --size 1200x1920 --peak'),
)  # fmt: skip


def rows(full: bool) -> list[Row]:
    """Say with which command each row will be run."""
    there, why = is_available()
    reason = 'a GPU is here: type' if there else f'{why}; on a machine with one type'
    return [Row(what, target, why=f'{what}: {reason} {command}') for what, target, command in ROWS]
