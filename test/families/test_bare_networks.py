"""A network without a manifest: what is assumed of it is said, and what cannot be is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
from family_networks import by_channel, image_to
from isaac_seg_py import ConfigError, Segmenter
from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.cli.main import main
from isaac_seg_py.config import EncodeConfig
from isaac_seg_py.families import FAMILIES
from isaac_seg_py.families.assumed import assumed_settings
import numpy as np
import pytest

Capture = pytest.CaptureFixture[str]
FREE = ('n', 3, 'h', 'w')
BARE = Manifest('net', '', Path('net.onnx'))


@pytest.mark.parametrize(
    ('config', 'chosen', 'names'),
    [
        ({}, (), ['image_mean', 'image_stddev', 'color_order', 'fit']),
        ({'image_mean': (0.4,)}, ('image_mean',), ['image_stddev', 'color_order', 'fit']),
        ({'net_scale_factor': 0.1}, ('net_scale_factor',), ['color_order', 'fit']),
        ({'tensor_dtype': 'uint8'}, (), ['color_order', 'fit']),
        ({'color_order': 'gray'}, ('enable_padding',), ['image_mean', 'image_stddev']),
    ],
)
def test_only_what_nobody_says_is_assumed(config: Any, chosen: Any, names: list[str]) -> None:
    assert [*assumed_settings(BARE, EncodeConfig(**config), chosen)] == names
    told = Manifest('net', '', Path('net.onnx'), path=Path('net.yaml'))
    assert assumed_settings(told, EncodeConfig(**config), chosen) == {}


def test_an_assumption_is_said_once_a_network_is_opened(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = by_channel(tmp_path / 'net.onnx')
    with Segmenter.open(str(path)):
        assert caplog.text.count('net.onnx does not say how its images are prepared') == 1
    assert 'assumed: image_mean=[0.5, 0.5, 0.5], image_stddev=[0.5, 0.5, 0.5]' in caplog.text
    assert 'color_order=rgb, fit=letterbox. ' in caplog.text
    caplog.clear()
    settings: Any = {'image_mean': (0.4,), 'image_stddev': (0.4,), 'fit': 'stretch'}
    with Segmenter.open(str(path), color_order='bgr', **settings):
        assert not caplog.text
    (tmp_path / 'net.yaml').write_text('name: net\nfamily: auto\nfile: net.onnx\n')
    with Segmenter.open(str(path)):
        assert not caplog.text


def test_inspect_tells_what_is_assumed_from_what_is_known(tmp_path: Path, capsys: Capture) -> None:
    path = str(by_channel(tmp_path / 'net.onnx'))
    assert main(['inspect', path]) == 0
    rows = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert rows['encode'].startswith('network_image_height=32, network_image_width=64, tensor')
    assert rows['assumed'].endswith('color_order=rgb, fit=letterbox')
    assert 'size' not in rows
    assert main(['inspect', path, '--json']) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts['encode']['fit'] == 'letterbox'
    assert (facts['free'], facts['assumed'][0]) == ([], 'image_mean')


def test_a_size_that_is_free_is_asked_for_as_it_is_typed(tmp_path: Path, capsys: Capture) -> None:
    path = str(by_channel(tmp_path / 'net.onnx', shape=FREE))
    options = '--set network_image_width=N --set network_image_height=N'
    with pytest.raises(ConfigError, match=f'Invalid network_image_width, .* Give {options} ') as e:
        Segmenter.open(path)
    assert 'network_image_width:=N network_image_height:=N' in str(e.value)
    with pytest.raises(ConfigError, match='Give --set network_image_height=N '):
        Segmenter.open(path, network_image_width=64)
    assert main(['inspect', path]) == 0
    shown = capsys.readouterr().out
    assert 'size      free, must be given: --set network_image_height=N' in shown
    assert '512' not in shown
    assert main(['inspect', path, '--json']) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts['free'] == ['network_image_height', 'network_image_width']
    assert facts['encode']['network_image_height'] == 0
    half = str(by_channel(tmp_path / 'half.onnx', shape=(1, 3, 32, 'w')))
    with pytest.raises(ConfigError, match='Give --set network_image_width=N '):
        Segmenter.open(half)


def test_inspect_says_why_a_network_fits_no_family(tmp_path: Path, capsys: Capture) -> None:
    path = image_to(tmp_path / 'net.onnx', 'x', {'y': np.zeros((1, 1, 3, 32, 64), np.float32)})
    assert main(['inspect', str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index('problem   output y has 5 axes; a map of classes has 2 to 4')
    expected = [line.split()[1].removesuffix(':') for line in lines[at + 1 :]]
    assert expected == [*FAMILIES]


def test_what_was_found_in_a_few_pictures_is_a_line(tmp_path: Path, capsys: Capture) -> None:
    path = by_channel(tmp_path / 'net.onnx')
    image = np.zeros((32, 64, 3), np.uint8)
    image[..., 2], image[:, :16, 0] = 100, 200
    photos = tmp_path / 'photos'
    photos.mkdir()
    for number in range(9):
        cv2.imwrite(str(photos / f'{number}.png'), image)
    words = ['segment', '--model', str(path), '--no-json', '--overwrite']
    assert main([*words, str(photos / '0.png'), str(tmp_path / 'out')]) == 0
    assert capsys.readouterr().out.endswith('\nfound: class 0 75.0%, class 2 25.0%\n')
    for more in ([str(photos)], ['--stats', str(photos / '0.png')]):
        assert main([*words, *more, str(tmp_path / 'out')]) == 0
        assert 'found: ' not in capsys.readouterr().out
