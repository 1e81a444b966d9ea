"""Pictures and their truth stay together; scenes are made once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip('torch', exc_type=ImportError)

from training.augment import crop_at_object, mirror_at_random, relight  # noqa: E402
from training.scene_batches import SceneBatches  # noqa: E402
from training.scene_cache import FIRST_TUNING_SEED  # noqa: E402

pytestmark = pytest.mark.reference

SIZE = (48, 64)


@pytest.mark.parametrize('finer', [1, 2])
def test_a_crop_shows_an_object_and_its_truth(
    finer: int, random_numbers: np.random.Generator
) -> None:
    truth = np.zeros((finer * 48, finer * 64), np.uint8)
    truth[finer * 30 : finer * 40, finer * 50 : finer * 60] = 5
    image = np.repeat(truth[::finer, ::finer, None], 3, axis=2)
    for _ in range(50):
        cut, inner = crop_at_object(image, truth, 16, random_numbers)
        assert cut.shape == (16, 16, 3)
        assert inner.shape == (finer * 16, finer * 16)
        assert cut.any()
        np.testing.assert_array_equal(cut[..., 0], inner[::finer, ::finer])


def test_mirrors_turn_pictures_and_truth_alike(random_numbers: np.random.Generator) -> None:
    truth = random_numbers.integers(0, 255, (2, 6, 8), np.uint8)
    seen = set()
    for _ in range(40):
        images, turned = mirror_at_random(truth[..., None], truth, random_numbers)
        np.testing.assert_array_equal(images[..., 0], turned)
        seen.add(turned.tobytes())
    assert len(seen) == 4


def test_bars_stay_black_in_every_light(random_numbers: np.random.Generator) -> None:
    images = random_numbers.integers(1, 255, (4, 6, 8, 3), np.uint8)
    images[:, :2] = 0
    values = relight(images, random_numbers)
    assert values.shape == (4, 3, 6, 8)
    assert (values[:, :, :2] == -1).all()
    assert values[:, :, 2:].abs().max() <= 1
    assert values[:, :, 2:].std() > 0.1


def test_scenes_are_made_once_and_fit_their_labels(
    tmp_path: Path, random_numbers: np.random.Generator
) -> None:
    scenes = SceneBatches(tmp_path, 1, SIZE, workers=1)
    (file,) = tmp_path.iterdir()
    made = file.stat().st_mtime_ns
    assert len(SceneBatches(tmp_path, 1, SIZE, workers=1)) == len(scenes) > 128
    assert file.stat().st_mtime_ns == made
    images, labels = next(scenes.batches(32, random_numbers))
    assert images.shape == (32, 3, *SIZE)
    assert labels.shape == (32, *SIZE)
    # Objects stand out of what is behind them: the largest steps of colour are at their outlines.
    step = (images[:, :, :, 1:] - images[:, :, :, :-1]).abs().sum(dim=1)
    outline = labels[:, :, 1:] != labels[:, :, :-1]
    assert step[outline].mean() > 2 * step[~outline].mean()


def test_seeds_that_are_kept_back_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='ask for fewer'):
        SceneBatches(tmp_path, FIRST_TUNING_SEED + 1, SIZE)
