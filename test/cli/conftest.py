"""Fixtures of the command line: a network, pictures and a film that are known by heart."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from sam2_color_networks import write_color_networks
import tiny_models


@pytest.fixture
def model(tmp_path: Path) -> str:
    """Give a network whose classes are the brightest channel, with a manifest."""
    tiny_models.brightest_channel(tmp_path / 'brightest.onnx', (12, 16))
    (tmp_path / 'brightest.yaml').write_text(
        'name: brightest\nfamily: unet\nfile: brightest.onnx\n'
        'output: {kind: logits, layout: NCHW}\n'
        'labels: [red, green, blue]\npalette: [0x010203, 0xFF0000, 0x0000FF]\n'
    )
    return str(tmp_path / 'brightest.yaml')


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Give a folder of two pictures: red with a blue square, all green."""
    folder = tmp_path / 'photos'
    folder.mkdir()
    red = np.zeros((12, 16, 3), np.uint8)
    red[..., 2] = 200
    red[4:8, 4:8] = (200, 0, 0)
    green = np.zeros((12, 16, 3), np.uint8)
    green[..., 1] = 200
    for name, image in (('one', red), ('two', green)):
        cv2.imwrite(str(folder / f'{name}.png'), image)
    return folder


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Give a video of five green frames, ten in a second."""
    path = tmp_path / 'film.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), 10, (64, 48))
    for _ in range(5):
        writer.write(np.full((48, 64, 3), (0, 200, 0), np.uint8))
    writer.release()
    return path


@pytest.fixture(scope='session')
def color_networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the manifest of networks that follow the colour that they are shown."""
    return write_color_networks(tmp_path_factory.mktemp('colours'))
