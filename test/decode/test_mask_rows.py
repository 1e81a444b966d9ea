"""Whatever a Segment Anything network calls its masks, each prompt gets its row."""

from __future__ import annotations

from isaac_seg_py.decode.mask_rows import read_rows
from isaac_seg_py.decode.prompted import MaskGrower
from isaac_seg_py.errors import TensorError
from isaac_seg_py.geometry import View
from isaac_seg_py.prompt_config import PromptConfig
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest

GROW = MaskGrower(PromptConfig())
VIEW = View.fit((20, 40), (64, 64), 'letterbox_top_left')


def painted(tensors: Tensors, name: str = '', size: tuple[int, int] | None = None) -> np.ndarray:
    """Return the masks of a list of tensors."""
    rows = read_rows(tensors, name, size)
    masks = np.zeros((len(rows), *rows.view.image), np.bool_)
    for mask, patch in zip(masks, rows.patches(GROW, 0.0), strict=True):
        patch.paint(mask)
    return masks


def test_small_masks_are_taken_where_the_size_is_known_and_large_ones_where_not() -> None:
    large = np.full((2, 1, 20, 40), -1, np.float32)
    large[0, 0, 3:7, 5:9] = 2
    small = np.full((2, 1, 16, 16), -1, np.float32)
    small[1] = 1
    given = {'masks': large, 'low_res_masks': small}
    np.testing.assert_array_equal(painted(Tensors(given)), large[:, 0] > 0)
    everything = np.zeros((2, 20, 40), np.bool_)
    everything[1] = True
    np.testing.assert_array_equal(painted(Tensors(given, VIEW)), everything)
    np.testing.assert_array_equal(painted(Tensors(given), size=(20, 40)), everything)
    # By its name the other, too; it lies pixel by pixel whatever the view says.
    np.testing.assert_array_equal(painted(Tensors(given, VIEW), 'masks'), large[:, 0] > 0)
    # A size that is set wrong does not move masks that the network has placed.
    alone = Tensors({'masks': large})
    np.testing.assert_array_equal(painted(alone, size=(30, 50)), large[:, 0] > 0)


def test_masks_over_the_canvas_grow_even_where_the_canvas_is_the_image() -> None:
    small = np.full((1, 1, 16, 16), -1, np.float32)
    small[0, 0, :, :8] = 1
    mask = painted(Tensors({'low_res_masks': small}, View.identity((64, 64))))
    assert mask.shape == (1, 64, 64)
    assert mask[0, :, :32].all()
    assert not mask[0, :, 32:].any()


def test_of_several_masks_the_one_that_is_rated_best_is_taken() -> None:
    masks = np.full((2, 3, 8, 8), -1, np.float32)
    masks[0, 2], masks[1, 0] = 1, 1
    rated = np.array([[0.1, 0.2, 0.9], [0.8, 0.1, 0.3]], np.float32)
    tensors = Tensors({'masks': masks, 'other': 1 - rated, 'iou_predictions': rated})
    assert painted(tensors).all()
    ratings = read_rows(tensors, '', None).ratings
    assert ratings is not None
    assert ratings.tolist() == pytest.approx([0.9, 0.8])


def test_what_holds_no_masks_is_told() -> None:
    with pytest.raises(TensorError, match=r"'scores' came; none has four axes"):
        read_rows(Tensors({'scores': np.zeros((1, 3), np.float32)}), '', None)
    masks = Tensors({'masks': np.zeros((1, 1, 4, 4), np.float32)})
    with pytest.raises(TensorError, match="no tensor 'low_res' came; the list has 'masks'"):
        read_rows(masks, 'low_res', None)
    with pytest.raises(TensorError, match=r'float32 \[1, 4, 4\]; scores \[N, masks, height'):
        read_rows(Tensors({'masks': np.zeros((1, 4, 4), np.float32)}), 'masks', None)
    broken = Tensors({'masks': np.full((1, 1, 4, 4), np.nan, np.float32)})
    with pytest.raises(TensorError, match='NaN'):
        painted(broken)
