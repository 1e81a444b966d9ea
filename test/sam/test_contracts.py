"""Published Segment Anything networks run as they are: by name, shape and shipped manifest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import shutil

from isaac_seg_py import PromptableSegmenter
from isaac_seg_py.errors import PromptError
import numpy as np
import pytest
from sam_networks import CONTRACTS, RADII, RATINGS, SIDE, write_decoder, write_encoder

MODELS = Path(__file__).parents[2] / 'models'
# Contract, shipped manifest, model, files of encoder and decoder, name and side of the encoder.
PAIRS = {
    'meta': ('mobile_sam', 'mobile-sam', 'mobile-sam', 'image', SIDE),
    'meta-single': ('sam', 'sam-vit-base', 'sam-vit-base', 'image', SIDE),
    'ours': ('sam', 'sam-vit-huge', 'sam-vit-huge', 'image', SIDE),
    'nanosam': ('nanosam', 'nanosam-resnet18', '', 'image', SIDE),
    'efficientvit': (
        'efficientvit_sam', 'efficientvit-sam-l1', 'efficientvit_sam_l1', 'input_image', 512
    ),
    'edge': ('edge_sam', 'edge-sam-3x', 'edge_sam_3x', 'image', SIDE),
}  # fmt: skip


def place(name: str, folder: Path) -> str:
    """Put the files of a contract beside its manifest; return the model's name."""
    contract = CONTRACTS[name]
    if name == 'nvidia':
        shutil.copy(MODELS / 'isaac_sam.yaml', folder)
        write_decoder(folder / 'isaac_sam.onnx', contract)
        return 'isaac-sam'
    manifest, model, stem, image, side = PAIRS[name]
    shutil.copy(MODELS / f'{manifest}.yaml', folder)
    encoder = f'{stem}_encoder.onnx' if stem else 'resnet18_image_encoder.onnx'
    decoder = f'{stem}_decoder.onnx' if stem else 'mobile_sam_mask_decoder.onnx'
    write_encoder(folder / encoder, image, side, 'batch' if name == 'efficientvit' else 1)
    write_decoder(folder / decoder, contract)
    return model


@pytest.fixture(params=[*PAIRS, 'nvidia'])
def opened(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, PromptableSegmenter]]:
    """Give the name of a contract, and what it runs in."""
    name = request.param
    model = place(name, tmp_path)
    # The folder named here comes before the shipped one.
    monkeypatch.setenv('ISAAC_SEG_MODELS', str(tmp_path))
    with PromptableSegmenter.open(model, backend='onnxruntime', threads=1) as sam:
        assert sam.manifest.path is not None
        assert sam.manifest.path.parent == tmp_path
        yield name, sam


def disc(size: tuple[int, int], x: float, y: float, radius: float) -> np.ndarray:
    """Return what the networks find, made without one: pixels count from their centres."""
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    return np.square(columns - x) + np.square(rows - y) < radius**2


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize('size', [(376, 672), (601, 333), (1024, 1024)])
def test_masks_lie_where_was_pointed_in_the_image(
    opened: tuple[str, PromptableSegmenter], size: tuple[int, int]
) -> None:
    name, sam = opened
    height, width = size
    scale = max(size) / SIDE
    count = CONTRACTS[name].count
    image = np.random.default_rng(800_003).integers(0, 256, (*size, 3), np.uint8)
    seen = sam.encode(image)
    points = [(width * 0.3, height * 0.4), (width * 0.7, height * 0.6)]
    found = sam.predict(seen, points=points, ids=['a', 'b'])
    # One point may mean a part: of four the best of the last three is taken.
    best = 2 if count == 4 else 0
    assert found.scores.tolist() == pytest.approx([RATINGS[count][best]] * 2)
    for mask, (x, y) in zip(found.masks, points, strict=True):
        # A pixel of the frame shows the centre of one of the image.
        assert iou(mask, disc(size, x, y, RADII[count][best] * scale)) > 0.98
    boxed = sam.predict(seen, boxes=[(width * 0.5, height * 0.25, width * 0.9, height * 0.9)])
    assert boxed.scores.tolist() == pytest.approx([RATINGS[count][0]])
    corner = disc(size, width * 0.5, height * 0.25, RADII[count][0] * scale)
    assert iou(boxed.masks[0], corner) > 0.98
    assert sam.images_encoded == 1


def test_an_earlier_mask_is_taken_where_there_is_an_input_for_it(
    opened: tuple[str, PromptableSegmenter],
) -> None:
    name, sam = opened
    seen = sam.encode(np.zeros((512, 512, 3), np.uint8))
    size = (256, 256)
    everywhere = np.full(size, 1e7, np.float32)
    if not CONTRACTS[name].takes_masks:
        with pytest.raises(PromptError, match='takes no mask as a prompt'):
            sam.predict(seen, points=[(9, 9)], masks=[everywhere])
        return
    plain = sam.predict(seen, points=[(100, 100)])
    refined = sam.predict(seen, points=[(100, 100)], masks=[everywhere])
    assert 0 < plain.masks.mean() < 0.5
    assert refined.masks.all()
