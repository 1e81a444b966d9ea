"""Imports point one way, and importing the package is light. Every import is read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
import subprocess
import sys

from isaac_seg_py.cli.main import VERBS
import pytest

PACKAGE = Path(__file__).parent.parent / 'isaac_seg_py'

# What a folder (or a module beside the folders) may import of the package, beside itself.
VALUES = {
    'errors', 'closing', 'geometry', 'images', 'tensors', 'masks', 'palette', 'blend', 'rle',
    'buffers', 'settings', 'stats', 'progress', 'user_files', 'media', 'scenes',
    'instance_masks', 'panoptic', 'image_messages', 'polygons', 'picture_files', 'prompts',
    'class_statistics', 'object_marks', 'video_address', 'frames', 'videos', 'lettering',
    'overlap',
}  # fmt: skip
SETTINGS = {
    *VALUES,
    'catalog', 'config', 'infer_config', 'instance_config', 'prompt_config', 'spatial',
    'spatial_config', 'automatic_config', 'track_config',
}  # fmt: skip
STAGES = {'encode', 'infer', 'decode'}
ALLOWED = {
    **dict.fromkeys(VALUES, VALUES),
    **dict.fromkeys(SETTINGS - VALUES, SETTINGS),
    **{stage: {*SETTINGS, 'cuda'} for stage in STAGES},
    'cuda': SETTINGS,
    'graphs': SETTINGS,
    'bags': {*SETTINGS, 'encode'},
    'benchmark': SETTINGS,
    'evaluation': SETTINGS,
    'export': {*SETTINGS, 'infer'},
    'pipeline': {*SETTINGS, *STAGES},
    'cuda_frames': {*SETTINGS, *STAGES, 'cuda'},
    'cuda_pipeline': {*SETTINGS, *STAGES, 'cuda', 'cuda_frames', 'pipeline'},
    'families': {*SETTINGS, *STAGES, 'cuda', 'pipeline', 'cuda_pipeline'},
    'segmenter': {*SETTINGS, *STAGES, 'pipeline', 'families'},
    'automatic': {*SETTINGS, *STAGES, 'families'},
    'track': {*SETTINGS, *STAGES, 'families'},
    'promptable': {*SETTINGS, *STAGES, 'families', 'automatic'},
    'annotate': {*SETTINGS, 'evaluation', 'families', 'promptable', 'track'},
    'ros': {
        *SETTINGS,
        *STAGES,
        'pipeline',
        'families',
        'segmenter',
        'promptable',
        'graphs',
        'benchmark',
        'automatic',
        'track',
    },
    'cli': {
        *SETTINGS,
        *STAGES,
        'annotate',
        'bags',
        'benchmark',
        'evaluation',
        'export',
        'pipeline',
        'families',
        'promptable',
        'segmenter',
        'graphs',
        'track',
        '__init__',
    },
    '__init__': {*SETTINGS, 'segmenter', 'promptable', 'track'},
    '__main__': {'cli'},
}
# Libraries that only some folders may import, wherever in a file.
OWNERS = {
    'rclpy': {'ros'}, 'launch': {'ros'}, 'launch_ros': {'ros'}, 'sensor_msgs': {'ros'},
    'onnxruntime': {'infer'}, 'tensorrt': {'infer'}, 'tensorrt_rtx': {'infer'},
    'tritonclient': {'infer'},
    'rosbags': {'bags'}, 'mcap': {'bags'}, 'lz4': {'bags'}, 'zstandard': {'bags'},
    'pycocotools': {'evaluation'},
    'pycuda': {'cuda'}, 'cuda': {'cuda'}, 'torch': {'export'}, 'transformers': {'export'},
}  # fmt: skip
# The verbs that start nodes import the other edge, inside their functions.
MAY_START_NODES = {'cli/annotate.py', 'cli/measuring/subjects.py', 'cli/run.py', 'cli/demo.py'}


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Return the dotted names that a file imports, and whether at the top of it."""
    tree = ast.parse(path.read_text(encoding='utf-8'))
    top = set(ast.walk(ast.Module([n for n in tree.body if not _is_function(n)], [])))
    folder = path.relative_to(PACKAGE.parent).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(folder[: len(folder) - node.level + 1]) if node.level else []
            module = '.'.join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield (f'{module}.{alias.name}', node in top)


def _is_function(node: ast.stmt) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def layer(name: str) -> str:
    """Return the folder or module of the package that a dotted name lies in."""
    parts = name.split('.')
    known = len(parts) > 1 and (
        (PACKAGE / parts[1]).is_dir() or (PACKAGE / f'{parts[1]}.py').exists()
    )
    return parts[1] if known else '__init__'


FILES = sorted(PACKAGE.rglob('*.py'))


@pytest.mark.parametrize('path', FILES, ids=[str(p.relative_to(PACKAGE)) for p in FILES])
def test_a_file_imports_only_what_lies_below_it(path: Path) -> None:
    where = str(path.relative_to(PACKAGE))
    own = path.relative_to(PACKAGE).parts[0].removesuffix('.py')
    for name, at_top in imports(path):
        root = name.split('.')[0]
        if root == 'isaac_seg_py':
            target = layer(name)
            starts = where in MAY_START_NODES and target == 'ros' and not at_top
            assert target == own or target in ALLOWED[own] or starts, f'{where} imports {name}'
        elif root in OWNERS:
            assert own in OWNERS[root], f'{where} imports {name}'


def test_a_verb_is_imported_by_none_but_the_command_line() -> None:
    verbs = {f'isaac_seg_py.cli.{verb}' for verb in VERBS}
    for path in (PACKAGE / 'cli').rglob('*.py'):
        for name, _ in imports(path):
            verb = '.'.join(name.split('.')[:3])
            assert verb not in verbs, f'{path.relative_to(PACKAGE)} imports {name}'


@pytest.mark.parametrize('statement', ['import isaac_seg_py', 'import isaac_seg_py.cli.main'])
def test_importing_loads_nothing_heavy(statement: str) -> None:
    heavy = ['rclpy', 'onnxruntime', 'cv2', 'torch', 'tensorrt', 'yaml', 'numpy']
    code = f'{statement}; import sys; print([m for m in {heavy} if m in sys.modules])'
    code = f'import sys; sys.path.insert(0, "."); {code}'
    # -S -E: a .pth file of the ROS wheels may import things of its own.
    done = subprocess.run(
        [sys.executable, '-S', '-E', '-c', code], cwd=PACKAGE.parent,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == '[]'
