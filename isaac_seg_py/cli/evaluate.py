"""`isaac-seg evaluate`: how good a network is on pictures whose truth is known."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
import json
from pathlib import Path
import sys
from typing import Any, Final

from .arguments.picture_size import parse_size
from .arguments.settings import add_backend, add_settings, parse_settings
from .measuring.figures import show_figures
from .measuring.prompted import add_prompts, is_prompted, measure_arguments, show_prompted
from ..catalog.model_folders import find_manifest
from ..errors import ConfigError
from ..evaluation.measuring import measure, Measured
from ..evaluation.samples import DataSet
from ..families import family_of
from ..families.yolo_seg import YOLO_SEG
from ..media import write_image
from ..progress import Progress
from ..segmenter import Segmenter
from ..settings import settings_of
from ..user_files import folder_for_results, user_path

EXAMPLE = 'isaac-seg evaluate tiny-unet --scenes 100 --out report/'
_SIZE: Final = '480x640'
_FIRST: Final = 800_000
# Average precision is a mean over all scores; with few objects kept it would be too low.
_LEAST_SCORE: Final = 0.001


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add = parser.add_argument
    add('model', help='name, manifest or ONNX file')
    add(
        'data', nargs='?', default='',
        help='folder with images/ and labels/ or instances.json, or a file of COCO objects',
    )  # fmt: skip
    add('--images', default='', metavar='FOLDER', help='pictures of a file of COCO objects')
    add('--scenes', type=int, default=0, metavar='N', help='take N generated scenes for data')
    add('--first', type=int, default=_FIRST, metavar='SEED', help='first scene (%(default)s)')
    add('--size', default=_SIZE, metavar='HxW', help='of the scenes (%(default)s)')
    add('--ignore', type=int, default=255, help='label that does not count (%(default)s)')
    add('--out', default='', metavar='FOLDER', help='write evaluation.json and confusion.png')
    add('--json', action='store_true', help='print JSON')
    add('--overwrite', action='store_true', help='replace files that are there')
    add_prompts(parser)
    add_backend(parser)
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure and show."""
    settings = parse_settings(arguments.set, model=arguments.model)
    if not 0 <= arguments.ignore <= 255:
        raise ConfigError(f'--ignore is {arguments.ignore}; 0 to 255 is expected')
    files = _files(arguments.out, overwrite=arguments.overwrite)
    data = _data(arguments, settings)
    done: Measured | None = None
    if is_prompted(arguments):
        content = measure_arguments(arguments, data, settings)
    else:
        done = _measured(arguments, data, settings)
        content = done.to_json()
    for fault in data.faults:
        print(f'isaac-seg: passed over: {fault}', file=sys.stderr)
    content = {'model': arguments.model, **content}
    if files:
        with folder_for_results(files[0].parent):
            _write(files, done, content)
    if arguments.json:
        print(json.dumps(content, indent=2))
    else:
        (show_prompted if done is None else show_figures)(content)
        if files:
            print(f'Written to {files[0].parent}')
    return 0


def _measured(arguments: argparse.Namespace, data: DataSet, settings: dict[str, Any]) -> Measured:
    if 'score_threshold' not in settings and _finds_objects(arguments.model, settings):
        settings['score_threshold'] = _LEAST_SCORE
    with (
        Segmenter.open(
            arguments.model, backend=arguments.backend, threads=arguments.threads, **settings
        ) as segment,
        Progress('evaluate', len(data)) as bar,
    ):
        return measure(
            lambda image: segment(image, want_scores=False),
            segment.manifest.labels,
            data,
            ignore=arguments.ignore,
            on_step=bar.step,
        )


def _finds_objects(model: str, settings: Mapping[str, Any]) -> bool:
    """Say whether a network gives objects by score, and not the one class of each pixel."""
    manifest = find_manifest(model)
    family = family_of(manifest)
    known = settings_of(family.config)
    if 'score_threshold' not in known:
        return False
    task = settings.get('task', manifest.decode.get('task', known['task'].default))
    return family is YOLO_SEG or task == 'instance'


def _data(arguments: argparse.Namespace, settings: Mapping[str, Any]) -> DataSet:
    if bool(arguments.data) == bool(arguments.scenes):
        raise ConfigError(
            'the data is missing, or came twice; give a folder, a file or --scenes N'
        )
    if arguments.scenes:
        from ..evaluation.scene_data import SceneData

        return SceneData(arguments.first, arguments.scenes, parse_size(arguments.size))
    path = user_path(arguments.data)
    if not path.exists():
        raise ConfigError(f'{str(path)!r} does not exist; give a folder or a file of COCO objects')
    from ..evaluation.coco_data import CocoData
    from ..evaluation.folder_data import FolderData

    images = user_path(arguments.images) if arguments.images else None
    if path.is_file():
        return CocoData(path, images)
    objects = path / 'instances.json'
    if objects.is_file():
        # Objects of one class that touch cannot be told apart in labels/.
        by_objects = is_prompted(arguments) or _finds_objects(arguments.model, settings)
        if by_objects or not (path / 'labels').is_dir():
            return CocoData(objects, images)
    return FolderData(path)


def _files(out: str, *, overwrite: bool) -> tuple[Path, ...]:
    if not out:
        return ()
    files = tuple(user_path(out) / name for name in ('evaluation.json', 'confusion.png'))
    there = [file for file in files if file.exists()]
    if there and not overwrite:
        raise ConfigError(f'{str(there[0])!r} is there already; give --overwrite to replace it')
    return files


def _write(files: tuple[Path, ...], done: Measured | None, content: dict[str, Any]) -> None:
    files[0].write_text(json.dumps(content, indent=2) + '\n', encoding='utf-8')
    if done is not None and done.confusion is not None:
        from ..evaluation.plot import plot_confusion

        write_image(files[1], plot_confusion(done.confusion))
