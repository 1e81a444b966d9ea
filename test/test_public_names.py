"""The public names are written down, sorted, and all there."""

from __future__ import annotations

import subprocess
import sys

import isaac_seg_py


def test_every_public_name_is_listed_sorted_and_there() -> None:
    names = [name for name in isaac_seg_py.__all__ if not name.startswith('__')]
    assert names == sorted(names)
    assert set(names) == set(isaac_seg_py._HOMES)
    for name in names:
        assert getattr(isaac_seg_py, name).__name__ == name


def test_names_are_shown_before_they_are_used() -> None:
    code = "import isaac_seg_py as p; print(set(p.__all__) <= set(dir(p)), 'Tensors' in vars(p))"
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ['True', 'False']


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(isaac_seg_py, 'Segmentor')


def test_nothing_but_what_rewrites_networks_needs_the_package_onnx() -> None:
    # At run time only ONNX Runtime is there.
    code = (
        "import sys; sys.modules['onnx'] = None\n"
        'import importlib, pkgutil, isaac_seg_py\n'
        'from isaac_seg_py.cli.main import main, VERBS\n'
        "for verb in VERBS: importlib.import_module(f'isaac_seg_py.cli.{verb}')\n"
        'import numpy as np\n'
        "with isaac_seg_py.Segmenter.open('tiny-unet') as segment:\n"
        '    print(segment(np.zeros((48, 64, 3), np.uint8)).labels.shape)\n'
        "print(main(['inspect', 'tiny-unet']))\n"
    )
    done = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert '(48, 64)' in done.stdout
    assert done.stdout.strip().endswith('0')
