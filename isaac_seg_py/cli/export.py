"""`isaac-seg export`: a network of PyTorch becomes an ONNX file with a manifest."""

from __future__ import annotations

import argparse
from pathlib import Path
import re
from typing import TYPE_CHECKING

from ..catalog.data_folders import user_folder
from ..catalog.manifest import Manifest
from ..catalog.model_folders import catalog, find_manifest, plain_name
from ..errors import ConfigError
from ..user_files import check_new_file, user_path

if TYPE_CHECKING:
    from ..export import Exported, Recipe

_VARIANTS = ('tiny', 'small', 'base_plus', 'large')

EXAMPLE = """isaac-seg export nvidia/segformer-b0-finetuned-ade-512-512 --output b0.onnx
  isaac-seg export sam --checkpoint sam_vit_b_01ec64.pth
  isaac-seg export sam2.1 --checkpoint sam2.1_hiera_tiny.pt --precision fp16"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument(
        'source',
        help='a model that `isaac-seg models --all` lists as to be made, a folder written by '
        'save_pretrained of transformers, a name on Hugging Face, torchvision/NAME, a .pth file '
        'of torchvision, sam, sam2 (or sam2.1), edgetam, mobilesam or nanosam with --checkpoint, '
        'or an ONNX decoder of Segment Anything that takes orig_im_size, which TensorRT cannot '
        'read',
    )
    parser.add_argument(
        '--output', metavar='FILE', help='ONNX file to write; a manifest goes beside it'
    )
    parser.add_argument(
        '--size', type=_size, metavar='HxW',
        help='height and width of the input, as 512x1024; of SAM 2 tiny, small, base_plus or '
        'large, which its weights are checked to be',
    )  # fmt: skip
    parser.add_argument(
        '--architecture', default='', metavar='NAME', help='what a .pth file holds the weights of'
    )
    parser.add_argument(
        '--checkpoint', default='', metavar='FILE', help='the .pth or .pt file that was published'
    )
    parser.add_argument(
        '--decoder', default='', metavar='FILE', help='nanosam: the checkpoint of MobileSAM'
    )
    parser.add_argument(
        '--precision',
        choices=('fp32', 'fp16', 'bf16'),
        default='fp32',
        help='what the files compute in; halves are half as large, inputs and outputs stay '
        'float32, and bf16 is for TensorRT alone (%(default)s)',
    )
    parser.add_argument(
        '--single-graph', action='store_true',
        help='of a Segment Anything in two parts: one file, with the inputs that Isaac ROS has',
    )  # fmt: skip
    parser.add_argument(
        '--plain', action='store_true', help='SegFormer: each layer as it is, none of them joined'
    )
    parser.add_argument('--overwrite', action='store_true', help='replace files that are there')


def run(arguments: argparse.Namespace) -> int:
    """Export a network, and say how far it is from the original."""
    if arguments.single_graph:
        from .making.single_graph import make_single

        return make_single(arguments)
    if Path(arguments.source).suffix == '.onnx':
        from .making.cut_graph import make_cut

        return make_cut(arguments)
    known = _known(arguments.source)
    if known is not None and known.on_disk and not arguments.output and not arguments.overwrite:
        print(f'{known.name} is there: {known.file}')
        return 0
    _tell(_exported(arguments, known), arguments.precision)
    return 0


def _exported(arguments: argparse.Namespace, known: Manifest | None) -> Exported:
    """Write the files of a network of PyTorch."""
    # Only here do the large libraries come in.
    from ..export import export_recipe, part_file

    file = _output(arguments.checkpoint or arguments.source, known, arguments.output)
    check_new_file(file, overwrite=arguments.overwrite)
    recipe = _recipe(arguments, known)
    for part in recipe.graphs:
        check_new_file(part_file(file, part), overwrite=arguments.overwrite)
    # A model of the catalogue has its manifest, unless it is wanted elsewhere or otherwise.
    otherwise = isinstance(arguments.size, tuple) or arguments.precision != 'fp32'
    return export_recipe(
        recipe,
        file,
        name=file.stem,
        more=_more(known),
        with_manifest=known is None or bool(arguments.output) or otherwise,
        precision=arguments.precision,
    )


def _recipe(arguments: argparse.Namespace, known: Manifest | None) -> Recipe:
    """Return how the network is made that was asked for."""
    from ..export import find_recipe, Wishes

    variant = arguments.size if isinstance(arguments.size, str) else ''
    wishes = Wishes(
        (None if variant else arguments.size) or _size_of(known),
        arguments.architecture,
        variant,
        arguments.checkpoint,
        arguments.decoder,
        plain=arguments.plain,
    )
    recipe = find_recipe(known.export if known else arguments.source, wishes)
    if variant and recipe.manifest['family'] != 'sam2':
        raise ConfigError(
            f'--size is {variant}, which only SAM 2 is; HxW is expected, as 512x1024'
        )
    return recipe


def _tell(exported: Exported, precision: str) -> None:
    """Print how far the files are from the original, and where they are."""
    for difference in exported.differences:
        print(difference)
    if precision != 'fp32':
        print(f'compared in float32, with all between operators rounded to {precision}')
    if precision == 'bf16':
        print('ONNX Runtime on the CPU has no bfloat16: these files are for TensorRT')
    for written in (*exported.files, exported.manifest):
        if written is not None:
            print(f'{written}: {written.stat().st_size / 1e6:.2f} MB')


def _known(source: str) -> Manifest | None:
    """Return the manifest of a model that the catalogue says how to export."""
    if '/' in source or plain_name(source) not in catalog():
        return None
    manifest = find_manifest(source)
    if not manifest.export:
        raise ConfigError(
            f'model {manifest.name} is not exported from PyTorch; '
            f'isaac-seg models show {manifest.name} says how to get it'
        )
    return manifest


def _output(source: str, known: Manifest | None, output: str | None) -> Path:
    if output:
        path = user_path(output)
        if path.suffix != '.onnx':
            raise ConfigError(f'--output {output!r}: a name that ends in .onnx is expected')
        return path
    if known is not None:
        # Of several parts, each adds its own name to this one.
        name = f'{known.name}.onnx' if known.parts else known.file.name
        return user_folder() / known.name / name
    return Path(f'{Path(source).stem}.onnx')


def _size_of(known: Manifest | None) -> tuple[int, int] | None:
    encode = known.encode if known else {}
    size = encode.get('network_image_height'), encode.get('network_image_width')
    return size if all(size) else None  # type: ignore[return-value]


def _more(known: Manifest | None) -> dict[str, str]:
    if known is None:
        return {}
    return {
        key: value
        for key in ('description', 'license', 'source')
        if (value := getattr(known, key))
    }


def _size(text: str) -> tuple[int, int] | str:
    if text in _VARIANTS:
        return text
    found = re.fullmatch(r'(\d{1,5})x(\d{1,5})', text)
    if not found or '0' in found.groups():
        raise argparse.ArgumentTypeError(
            f'{text!r} is no size; expected is HxW, as 512x1024, or {", ".join(_VARIANTS)}'
        )
    return int(found[1]), int(found[2])
