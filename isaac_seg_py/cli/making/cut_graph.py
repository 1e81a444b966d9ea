"""`isaac-seg export FILE.onnx`: a decoder without the size of the image, which TensorRT reads."""

from __future__ import annotations

import argparse

from ...errors import ConfigError
from ...user_files import check_new_file, user_path


def make_cut(arguments: argparse.Namespace) -> int:
    """Make a decoder that TensorRT reads of one that asks for the image's size."""
    from ...export.cut import cut_sizes, names_sizes

    source = user_path(arguments.source)
    if arguments.precision != 'fp32':
        raise ConfigError(
            f'--precision is {arguments.precision}; an ONNX file keeps its own here, and TensorRT '
            f'halves it when it builds: isaac-seg build {source} --precision {arguments.precision}'
        )
    if not source.is_file() or not names_sizes(source):
        print(f'{source} is ONNX already: isaac-seg inspect {source} shows what it takes')
        return 0
    output = arguments.output
    target = user_path(output) if output else source.with_name(f'{source.stem}_cut.onnx')
    check_new_file(target, overwrite=arguments.overwrite)
    for difference in cut_sizes(source, target):
        print(difference)
    print(f'{target}: {target.stat().st_size / 1e6:.2f} MB, without the size of the image')
    return 0
