"""The suite in one object: what the README promises of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from isaac_seg_py import (
    ConfigError,
    ImageError,
    ManifestError,
    ModelError,
    PromptableSegmenter,
    Segmenter,
)
from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.scenes import CLASS_NAMES, make_scene, PALETTE
import numpy as np
import pytest
import tiny_models


def test_a_bare_onnx_file_needs_no_manifest(tmp_path: Path) -> None:
    path = tiny_models.brightest_channel(tmp_path / 'brightest.onnx')
    image = np.zeros((13, 29, 3), np.uint8)
    image[..., 1] = 9
    image[:, :, 2][:6] = 200
    with Segmenter.open(str(path), data_format='NCHW') as segment:
        result = segment(image)
    assert result.size == (13, 29)
    assert result.labels[0].tolist() == [2] * 29
    assert result.labels[-1].tolist() == [1] * 29
    assert result.scores is not None


def test_tiny_unet_finds_what_is_in_scenes_that_it_has_not_seen() -> None:
    counts = np.zeros((7, 7), int)
    with Segmenter.open('tiny-unet') as segment:
        assert segment.manifest.labels == CLASS_NAMES
        assert segment.manifest.palette == PALETTE
        for seed in range(810_000, 810_040):
            scene = make_scene(seed)
            found = segment(scene.image).labels
            pairs = scene.labels.astype(int) * 7 + found
            counts += np.bincount(pairs.reshape(-1), minlength=49).reshape(7, 7)
    both = np.diag(counts)
    iou = both / (counts.sum(0) + counts.sum(1) - both)
    # 0.904: the file and these scenes are fixed, so the bound may be near.
    assert iou.mean() >= 0.90


@pytest.mark.parametrize(
    ('settings', 'error', 'said'),
    [
        ({'fit': 'zoom'}, ConfigError, "fit is 'zoom'"),
        ({'fits': 'crop'}, ConfigError, 'unknown setting fits'),
        ({'network_image_height': 7}, ModelError, 'the model takes image float32'),
        ({'color_order': 'gray'}, ModelError, '1 channels'),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    tmp_path: Path, settings: dict[str, object], error: type[Exception], said: str
) -> None:
    path = tiny_models.brightest_channel(tmp_path / 'brightest.onnx')
    with pytest.raises(error, match=said):
        Segmenter.open(str(path), **settings)


@pytest.mark.parametrize(
    ('image', 'said'),
    [
        (None, r'None came; an array \(H, W, 3\) of uint8 is expected; did cv2.imread find'),
        ('scene.png', 'str came; an array'),
        ([[[0, 0, 0]]], 'list came; an array'),
        (np.zeros((4, 4, 3)), 'float64 came for rgb8; uint8 was expected'),
    ],
)
def test_what_is_no_image_is_refused_with_words(image: Any, said: str) -> None:
    with Segmenter.open('tiny-unet', threads=1) as segment, pytest.raises(ImageError, match=said):
        segment(image)


def test_models_are_shown_in_a_line() -> None:
    with Segmenter.open('tiny-unet', threads=1) as segment:
        assert repr(segment) == "Segmenter('tiny-unet', family unet)"
    with PromptableSegmenter.open('tiny-sam', threads=1) as sam:
        assert repr(sam) == "PromptableSegmenter('tiny-sam', family sam)"


def test_what_is_shown_its_objects_is_opened_otherwise() -> None:
    for name, said in (('tiny-sam', 'PromptableSegmenter'), ('tiny-sam2', 'VideoTracker')):
        with pytest.raises(ConfigError, match=f'{said} opens it'):
            Segmenter.open(name)


def test_a_segmenter_without_open_says_how_to_make_one() -> None:
    with pytest.raises(ConfigError, match=r"Segmenter\.open\('tiny-unet'\) makes one"):
        Segmenter('tiny-unet')  # type: ignore[arg-type]


GOOD = 'name: n\nfamily: unet\nfile: n.onnx\n'


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('', 'names and values are expected'),
        ('- a', 'names and values are expected'),
        ('name: [', 'cannot be read'),
        ('name: n\nfamily: unet\n', 'has no file'),
        (GOOD + 'colour: red\n', 'unknown colour'),
        (GOOD + 'input: {fit: zoom}\n', "fit is 'zoom'"),
        (GOOD + 'input: {siez: [1, 2]}\n', 'input has unknown siez'),
        (GOOD + 'input: {size: [1]}\n', 'is wrong'),
        (GOOD + 'input: 3\n', 'input is 3'),
        (GOOD + 'output: {kind: soft}\n', 'invalid network output type: soft'),
        (GOOD + 'palette: [0x1000000]\n', 'color_palette is 16777216'),
    ],
)
def test_a_wrong_manifest_is_refused_with_its_name(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / 'n.yaml'
    path.write_text(text)
    with pytest.raises(ManifestError, match=said) as caught:
        Manifest.read(path)
    assert 'n.yaml' in str(caught.value)


def test_a_file_that_is_not_the_one_meant_is_refused(tmp_path: Path) -> None:
    tiny_models.doubler(tmp_path / 'n.onnx')
    (tmp_path / 'n.yaml').write_text(GOOD + f'sha256: {"a" * 64}\n')
    with pytest.raises(ModelError, match='sha256'):
        Manifest.read(tmp_path / 'n.yaml').model_file()
