"""Coarse masks become masks of the image; networks of all published contracts are fed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.config import EncodeConfig
from isaac_seg_py.decode.prompted import choose, MaskGrower
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.errors import ModelError, PromptError, TensorError
from isaac_seg_py.families.contract import encode_config
from isaac_seg_py.families.sam import PromptedNetwork, SAM
from isaac_seg_py.geometry import View
from isaac_seg_py.images import RawImage
from isaac_seg_py.infer import FakeBackend
from isaac_seg_py.prompt_config import PromptConfig
from isaac_seg_py.promptable import PromptableSegmenter
from isaac_seg_py.prompts import make_prompts
from isaac_seg_py.tensors import Tensors, TensorSpec
import numpy as np
import pytest

F32 = np.dtype(np.float32)


@pytest.mark.parametrize(
    ('scores', 'ambiguous', 'how', 'taken'),
    [
        ([0.9, 0.1, 0.5, 0.3], False, 'auto', [0]),
        ([0.9, 0.1, 0.5, 0.3], True, 'auto', [2]),
        ([0.9, 0.1, 0.5, 0.3], True, 'single', [0]),
        ([0.9, 0.1, 0.5, 0.3], False, 'best', [2]),
        ([0.9, 0.1, 0.5, 0.3], False, 'all', [1, 2, 3]),
        ([0.1, 0.5, 0.3], False, 'auto', [1]),
        ([0.1, 0.5, 0.3], False, 'all', [0, 1, 2]),
        ([0.4], True, 'best', [0]),
    ],
)
def test_the_mask_that_is_meant_is_taken(
    scores: list[float], ambiguous: bool, how: str, taken: list[int]
) -> None:
    assert choose(np.array(scores, np.float32), ambiguous, how) == taken


def plainly(scores: np.ndarray, view: View) -> np.ndarray:
    """Interpolate at every pixel of the image by itself."""
    rows, columns = view.image_centres_on(scores.shape)
    top, left, bottom, right = view.visible()
    mask = np.zeros(view.image, bool)
    limits = [
        (np.ceil(a * n / c - 0.5), np.floor(b * n / c - 0.5))
        for a, b, n, c in (
            (top, bottom, scores.shape[0], view.canvas[0]),
            (left, right, scores.shape[1], view.canvas[1]),
        )
    ]
    for y, row in enumerate(rows - 0.5):
        for x, column in enumerate(columns - 0.5):
            value = 0.0
            for r, down in ((np.floor(row), 1 - row % 1), (np.floor(row) + 1, row % 1)):
                for c, along in ((np.floor(column), 1 - column % 1),
                                 (np.floor(column) + 1, column % 1)):  # fmt: skip
                    at = (int(np.clip(r, *limits[0])), int(np.clip(c, *limits[1])))
                    value += scores[at] * down * along
            mask[y, x] = value > 0
    return mask


def grown(scores: np.ndarray, view: View) -> np.ndarray:
    """Grow one mask and paint it, and see that its box is around it."""
    patch = MaskGrower(PromptConfig())(scores, view)
    mask = np.zeros(view.image, np.bool_)
    patch.paint(mask)
    assert patch.is_empty != mask.any()
    if mask.any():
        rows, columns = np.nonzero(mask)
        edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        assert patch.box == edges
    return mask


@pytest.mark.parametrize('size', [(33, 60), (60, 33), (8, 8), (64, 64), (21, 47)])
def test_masks_grow_as_a_plain_loop_says(
    size: tuple[int, int], random_numbers: np.random.Generator
) -> None:
    view = View.fit(size, (64, 64), 'letterbox_top_left')
    for spread in (1.0, 3.0):
        scores = random_numbers.normal(-1, spread, (16, 16)).astype(np.float32)
        mask = grown(scores, view)
        assert mask.any()
        np.testing.assert_array_equal(mask, plainly(scores, view))


@pytest.mark.parametrize('size', [(632, 1200), (376, 672), (480, 848)])
def test_the_edge_of_a_mask_is_where_it_should_be(size: tuple[int, int]) -> None:
    # A slope whose zero lies at x = 300.25 of the image, where NVIDIA's sizes drift by a pixel.
    view = View.fit(size, (1024, 1024), 'letterbox_top_left')
    edge = 300.25
    cells = (np.arange(256) + 0.5) * 4 / view.scale[1]
    scores = np.tile((edge - cells).astype(np.float32), (256, 1))
    found = grown(scores, view).sum(1)
    assert np.abs(found - edge).max() <= 0.5


@pytest.mark.parametrize('threshold', [0.1, 2.3, -0.7])
def test_between_cells_at_the_threshold_the_same_pixels_are_inside_as_of_the_whole(
    threshold: float,
) -> None:
    # Sums of the very threshold are rounded to both sides of it.
    view = View.fit((33, 60), (64, 64), 'letterbox_top_left')
    scores = np.full((16, 16), threshold, np.float32)
    grow = MaskGrower(PromptConfig(mask_threshold=threshold))
    alone, beside = np.zeros(view.image, np.bool_), np.zeros(view.image, np.bool_)
    grow(scores, view).paint(alone)
    # With cells above the threshold in far corners the whole image is looked at.
    scores[0, 0] = scores[8, 15] = threshold + 1
    grow(scores, view).paint(beside)
    middle = np.s_[8:25, 8:52]
    assert alone[middle].any()
    np.testing.assert_array_equal(alone[middle], beside[middle])


def test_an_empty_mask_stays_empty_and_a_broken_one_is_told() -> None:
    view = View.fit((10, 10), (16, 16), 'letterbox_top_left')
    assert not grown(np.full((4, 4), -3, np.float32), view).any()
    with pytest.raises(TensorError, match='NaN'):
        grown(np.full((4, 4), np.nan, np.float32), view)


def test_stability_is_the_share_that_stays() -> None:
    scores = np.array([[2, 0.5], [-0.5, -2]], np.float32)
    view = View.identity((2, 2))
    assert MaskGrower(PromptConfig()).stability(scores, view) == pytest.approx(1 / 3)
    assert MaskGrower(PromptConfig()).stability(scores - 5, view) == 0


class Networks:
    """An encoder and a decoder that note what they are given; masks show the first point."""

    def __init__(
        self, *, batch: Any = 'B', mask: bool = True, mask_rows: Any = 'B', size: bool = False
    ) -> None:
        """Make inputs as a published decoder has them."""
        self.calls: list[dict[str, np.ndarray]] = []
        inputs = [
            TensorSpec('image_embeddings', (1, 2, 4, 4), F32),
            TensorSpec('point_coords', (batch, 'N', 2), F32),
            TensorSpec('point_labels', (batch, 'N'), F32),
        ]
        if mask:
            rows = 1 if 1 in (batch, mask_rows) else batch
            inputs.append(TensorSpec('mask_input', (rows, 1, 16, 16), F32))
            inputs.append(TensorSpec('has_mask_input', (rows,), F32))
        if size:
            inputs.append(TensorSpec('orig_im_size', (2,), F32))
        outputs = [
            TensorSpec('masks', (batch, 4, None, None), F32),
            TensorSpec('stability', (batch, 4), F32),
            TensorSpec('iou_predictions', (batch, 4), F32),
            TensorSpec('low_res_masks', (batch, 4, 16, 16), F32),
        ]
        self.decoder = FakeBackend(self._decode, inputs=inputs, outputs=outputs)
        self.encoder = FakeBackend(
            lambda given: {'features': np.ones((1, 2, 4, 4), np.float32)},
            inputs=[TensorSpec('image', (1, 3, 64, 64), F32)],
            outputs=[TensorSpec('features', (1, 2, 4, 4), F32)],
        )
        encode = ImageEncoder(
            EncodeConfig(network_image_height=64, network_image_width=64,
                         fit='letterbox_top_left', tensor_name='image')
        )  # fmt: skip
        self.network = PromptedNetwork(encode, self.encoder, self.decoder, PromptConfig())

    def _decode(self, given: Any) -> dict[str, np.ndarray]:
        self.calls.append({name: np.array(array) for name, array in given.items()})
        points = given['point_coords']
        masks = np.full((len(points), 4, 16, 16), -1.0, np.float32)
        for row, (x, y) in enumerate(points[:, 0] / 4):
            masks[row, :, int(y), int(x)] = 2 + row
        scores = np.tile(np.array([0.9, 0.2, 1.1, 0.3], np.float32), (len(points), 1))
        # What is not to be read is of another shape, and its opposite.
        large = -masks.repeat(2, 2)
        return {'masks': large, 'stability': -scores, 'iou_predictions': scores,
                'low_res_masks': masks}  # fmt: skip


def see(networks: Networks) -> Any:
    """Encode a grey image of 32x64."""
    return networks.network.encode(RawImage.from_array(np.full((32, 64, 3), 90, np.uint8), 'rgb8'))


def test_an_image_is_encoded_once_and_asked_often_and_answers_keep_their_order() -> None:
    networks = Networks()
    seen = see(networks)
    for _ in range(3):
        prompts = make_prompts(
            (32, 64),
            points=[(10, 10), None, [(50, 20), (1, 1)]],
            boxes=[None, (20, 4, 30, 12), None],
            ids=['a', 'b', 'c'],
        )
        answer = networks.network.predict(seen, prompts)
    assert networks.network.images_encoded == 1
    assert answer.objects.ids == ('a', 'b', 'c')
    assert answer.objects.scores.tolist() == pytest.approx([1.0, 0.9, 0.9])
    for mask, (x, y) in zip(answer.objects.masks, [(10, 10), (20, 4), (50, 20)], strict=True):
        assert mask[y, x]
        assert mask.sum() < 100
    # Two lengths of prompts, so two calls each time.
    assert [len(call['point_coords']) for call in networks.calls[:2]] == [2, 1]


def test_more_prompts_than_go_at_once_are_split_and_none_is_lost() -> None:
    networks = Networks()
    seen = see(networks)
    points = [(x % 60, x % 30) for x in range(70)]
    answer = networks.network.predict(seen, make_prompts((32, 64), points=points))
    assert [len(call['point_coords']) for call in networks.calls] == [32, 32, 6]
    # What many prompts cost: the image once, and no more decoder runs than are full.
    assert networks.network.images_encoded == 1
    assert len(networks.calls) == math.ceil(70 / PromptConfig().max_prompts)
    assert all(mask[y, x] for mask, (x, y) in zip(answer.objects.masks, points, strict=True))


def test_no_prompts_give_an_empty_answer_of_the_image() -> None:
    networks = Networks()
    answer = networks.network.predict(see(networks), [])
    assert len(answer.objects) == 0
    assert answer.objects.size == (32, 64)
    assert networks.calls == []


def test_a_mask_is_given_back_to_its_object_only() -> None:
    networks = Networks()
    seen = see(networks)
    first = networks.network.predict(seen, make_prompts((32, 64), points=[(10, 10), (40, 9)]))
    again = make_prompts((32, 64), points=[(10, 10), (40, 9)], masks=[None, first.coarse[1]])
    networks.network.predict(seen, again)
    call = networks.calls[-1]
    assert call['has_mask_input'].tolist() == [0, 1]
    assert not call['mask_input'][0].any()
    np.testing.assert_array_equal(call['mask_input'][1, 0], first.coarse[1])
    wrong = make_prompts((32, 64), points=[(10, 10)], masks=[np.zeros((3, 3))])
    with pytest.raises(PromptError, match=r'shape \[3, 3\]'):
        networks.network.predict(seen, wrong)


def test_a_decoder_with_one_mask_for_a_whole_batch_takes_several_objects_without() -> None:
    networks = Networks(mask_rows=1)
    seen = see(networks)
    first = networks.network.predict(seen, make_prompts((32, 64), points=[(10, 10), (40, 9)]))
    assert [call['mask_input'].shape for call in networks.calls] == [(1, 1, 16, 16)]
    one = make_prompts((32, 64), points=[(10, 10)], masks=first.coarse[:1])
    networks.network.predict(seen, one)
    np.testing.assert_array_equal(networks.calls[-1]['mask_input'][0, 0], first.coarse[0])
    both = make_prompts((32, 64), points=[(10, 10), (40, 9)], masks=first.coarse)
    with pytest.raises(PromptError, match='for one object at a time'):
        networks.network.predict(seen, both)


@pytest.mark.parametrize(
    ('masks', 'scores'),
    [
        ((1, 4, 16, 16), (1, 4)),
        ((2, 4, 16, 16), (2, 3)),
        ((2, 0, 16, 16), (2, 0)),
        ((2, 16, 16), (2, 16)),
        ((3, 4, 16, 16), (3, 4)),
    ],
)
def test_a_decoder_that_gives_too_little_is_told_of(
    masks: tuple[int, ...], scores: tuple[int, ...]
) -> None:
    networks = Networks()
    wrong = {'low_res_masks': np.ones(masks, np.float32), 'masks': np.ones(2, np.float32),
             'iou_predictions': np.ones(scores, np.float32)}  # fmt: skip
    networks.decoder.run = lambda inputs: wrong  # type: ignore[method-assign]
    with pytest.raises(ModelError, match='for 2 objects'):
        networks.network.predict(see(networks), make_prompts((32, 64), points=[(9, 9), (8, 8)]))


def test_only_the_masks_that_are_taken_are_kept() -> None:
    networks = Networks()
    answer = networks.network.predict(see(networks), make_prompts((32, 64), points=[(10, 10)]))
    kept = answer.coarse if answer.coarse.base is None else answer.coarse.base
    assert kept.shape == (1, 16, 16)


def test_behind_the_image_are_zeros_after_normalisation() -> None:
    # Meta pads what is normalised; the mean's colour would be NVIDIA's black otherwise.
    manifest = Manifest('one', 'sam', Path('none.onnx'))
    config = encode_config(manifest, SAM, TensorSpec('image', (1, 3, 64, 64), F32))
    tensor = ImageEncoder(config)(RawImage.from_array(np.full((32, 64, 3), 9, np.uint8), 'rgb8'))
    assert (tensor['image'][0, :, :32] != 0).all()
    assert (tensor['image'][0, :, 32:] == 0).all()


def test_decoders_for_one_object_are_called_for_each() -> None:
    networks = Networks(batch=1, size=True)
    seen = see(networks)
    networks.network.predict(seen, make_prompts((32, 64), points=[(10, 10), (40, 9)]))
    assert [call['point_coords'].shape for call in networks.calls] == [(1, 2, 2), (1, 2, 2)]
    assert networks.calls[0]['orig_im_size'].tolist() == [32, 64]


def test_a_decoder_without_masks_refuses_them() -> None:
    networks = Networks(mask=False)
    seen = see(networks)
    prompts = make_prompts((32, 64), points=[(1, 1)], masks=[np.zeros((16, 16))])
    with pytest.raises(PromptError, match='takes no mask'):
        networks.network.predict(seen, prompts)


def test_a_network_that_is_no_decoder_is_refused() -> None:
    plain = FakeBackend(
        lambda given: given,
        inputs=[TensorSpec('image', (1, 3, 8, 8), F32)],
        outputs=[TensorSpec('out', (1, 2, 8, 8), F32)],
    )
    encode = ImageEncoder(EncodeConfig(network_image_height=8, network_image_width=8))
    with pytest.raises(ModelError, match='takes point_coords'):
        PromptedNetwork(encode, None, plain, PromptConfig(), name='unet')


def test_the_feature_of_the_decoders_name_is_taken_among_several() -> None:
    networks = Networks()
    contract = networks.network._contract
    features = Tensors(
        {
            'high_res': np.zeros((1, 2, 4, 4), np.float32),
            'image_embeddings': np.ones((1, 2, 4, 4), np.float32),
        }
    )
    points, labels = np.zeros((1, 2, 2), np.float32), np.zeros((1, 2), np.float32)
    given = contract.fed(features, points, labels, [None], (32, 64))
    assert given['image_embeddings'].all()


def test_an_image_that_was_not_encoded_is_no_image_to_ask() -> None:
    with (
        PromptableSegmenter.open('tiny-sam', threads=1) as sam,
        pytest.raises(PromptError, match=r'a ndarray came to be asked; what encode\(image\)'),
    ):
        sam.predict(np.zeros((9, 9, 3), np.uint8), boxes=[(1, 1, 5, 5)])  # type: ignore


def test_a_model_without_prompts_is_refused_and_named() -> None:
    with pytest.raises(ModelError, match='takes no prompts; Segmenter opens it'):
        PromptableSegmenter.open('tiny-unet')
