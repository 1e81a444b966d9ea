"""Average precision is COCO's."""

from __future__ import annotations

import contextlib
import io

from isaac_seg_py import rle
from isaac_seg_py.scenes import CLASS_NAMES, make_scene, Scene
import numpy as np
import numpy.typing as npt
import pytest

from training.evaluate_instances import average_precision, Finding, measure, Tally

SEEDS = range(800_300, 800_306)
SIZE = (120, 160)


def tally(right: list[int], objects: int) -> Tally:
    """Make a tally of scores that fall."""
    scores = np.linspace(1, 0.1, len(right), dtype=np.float32)
    return Tally(scores, np.array(right, bool), objects)


# Worked out by hand: 101 values of recall, the best precision at each or beyond.
KNOWN = [
    (tally([1, 1], 2), 1.0),
    (tally([], 2), 0.0),
    (tally([1], 2), 51 / 101),
    (tally([0, 1], 1), 0.5),
    # Recall to 0.5 at precision 1, the rest at 2/3.
    (tally([1, 0, 1], 2), (51 + 50 * 2 / 3) / 101),
]


@pytest.mark.parametrize(('given', 'expected'), KNOWN)
def test_known_hits_have_a_known_precision(given: Tally, expected: float) -> None:
    assert average_precision([given])[0] == pytest.approx(expected)


def guesses(scene: Scene, random: np.random.Generator) -> list[Finding]:
    """Find objects badly: some moved, some of a wrong class, some twice, some not at all."""
    found = []
    for number in scene.boxes:
        for _ in range(int(random.integers(0, 3))):
            shift = tuple(int(step) for step in random.integers(-6, 7, 2))
            mask = np.roll(scene.instances == number, shift, axis=(0, 1))
            wrong = int(random.integers(1, len(CLASS_NAMES)))
            class_id = scene.class_ids[number] if random.random() < 0.8 else wrong
            found.append(Finding(class_id, float(random.random()), mask))
    return found


@pytest.mark.reference
def test_precision_is_that_of_pycocotools() -> None:
    coco = pytest.importorskip('pycocotools.coco', exc_type=ImportError)
    evaluator = pytest.importorskip('pycocotools.cocoeval', exc_type=ImportError)
    found: dict[bytes, list[Finding]] = {}
    images, objects, results = [], [], []
    random = np.random.default_rng(1)
    for seed in SEEDS:
        scene = make_scene(seed, SIZE)
        found[scene.image.tobytes()] = guesses(scene, random)
        images.append({'id': seed, 'height': SIZE[0], 'width': SIZE[1]})
        for number in scene.boxes:
            mask = scene.instances == number
            objects.append(
                {
                    'id': len(objects) + 1,
                    'image_id': seed,
                    'category_id': scene.class_ids[number],
                    'segmentation': rle.encode(mask),
                    'area': int(mask.sum()),
                    'bbox': [0, 0, 1, 1],
                    'iscrowd': 0,
                }
            )
        for finding in found[scene.image.tobytes()]:
            results.append(
                {
                    'image_id': seed,
                    'category_id': finding.class_id,
                    'segmentation': rle.encode(finding.mask),
                    'score': finding.score,
                }
            )

    def predict(image: npt.NDArray[np.uint8]) -> list[Finding]:
        return found[image.tobytes()]

    ours = average_precision(measure(predict, SEEDS, SIZE))
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco.COCO()
        names = [{'id': number, 'name': name} for number, name in enumerate(CLASS_NAMES)]
        truth.dataset = {'images': images, 'annotations': objects, 'categories': names[1:]}
        truth.createIndex()
        judge = evaluator.COCOeval(truth, truth.loadRes(results), 'segm')
        judge.evaluate()
        judge.accumulate()
    theirs = judge.eval['precision'][0, :, :, 0, 2].mean(axis=0)
    assert 0.1 < np.nanmean(ours) < 0.9
    np.testing.assert_allclose(ours, np.where(theirs < 0, np.nan, theirs), atol=1e-6)
