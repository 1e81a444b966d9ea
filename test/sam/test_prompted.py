"""Networks of all published contracts are fed, and their answers keep their order."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.config import EncodeConfig
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.errors import ModelError, PromptError
from isaac_seg_py.families.contract import encode_config
from isaac_seg_py.families.sam import PromptedNetwork, SAM
from isaac_seg_py.images import RawImage
from isaac_seg_py.infer import FakeBackend
from isaac_seg_py.prompt_config import PromptConfig
from isaac_seg_py.promptable import PromptableSegmenter
from isaac_seg_py.prompts import make_prompts
from isaac_seg_py.tensors import Tensors, TensorSpec
import numpy as np
import pytest

F32 = np.dtype(np.float32)


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
