"""The tiny Segment Anything is asked, corrected, learns, and is written as it is."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.scenes import make_scene
import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip('torch', exc_type=ImportError)
pytest.importorskip('onnx', exc_type=ImportError)

from training.prompt_batches import ask, fit  # noqa: E402
from training.sam_export import export_sam  # noqa: E402
from training.sam_loss import correction, mask_iou, prompted_loss  # noqa: E402
from training.sam_model import TinySam  # noqa: E402

pytestmark = [
    pytest.mark.reference,
    # The exporter that needs no further package says so of itself.
    pytest.mark.filterwarnings('ignore::DeprecationWarning'),
]

SIDE = 128


def scene() -> tuple[torch.Tensor, np.ndarray]:
    """Make a picture (1, 3, S, S) and its object ids (1, S, S)."""
    parts = fit(make_scene(800_400, (SIDE, SIDE), objects=3), SIDE)
    image = torch.from_numpy(parts['images']).permute(2, 0, 1)[None].float() / 127.5 - 1
    return image, parts['ids'][None]


def test_each_object_is_asked_for_where_it_is_on_the_canvas() -> None:
    _, ids = scene()
    tokens, labels = set(), set()
    for seed in range(40):
        asked = ask(ids, (32, 16), np.random.default_rng(seed))
        assert asked is not None
        assert asked.masks.shape[1:] == (SIDE // 2, SIDE // 2)
        tokens.add(asked.points.shape[1])
        for points, kinds, mask in zip(asked.points, asked.labels, asked.masks, strict=True):
            labels |= set(kinds.tolist())
            for (x, y), kind in zip(points.tolist(), kinds.tolist(), strict=True):
                if kind in (0, 1):
                    share = mask[int(y - 32) // 2, int(x - 16) // 2]
                    assert (share > 0) if kind == 1 else (share < 1)
    assert tokens == {2, 3, 4}
    assert labels == {-1, 0, 1, 2, 3}


def test_a_picture_without_objects_is_asked_for_nothing() -> None:
    assert ask(np.zeros((1, 32, 32), np.uint8), (0, 0), np.random.default_rng(0)) is None


def test_a_correction_points_at_what_is_wrong() -> None:
    truth = torch.zeros(3, 16, 16)
    truth[:, 4:12, 4:12] = 1
    earlier = torch.full((3, 8, 8), -1.0)
    earlier[1:, 2:6, 2:6] = 1.0
    earlier[1, 7, 7] = 1.0
    spot, sign = correction(earlier, truth, (16, 32))
    assert sign.tolist() == [1, 0, -1]
    x, y = spot[0].tolist()
    assert 32 + 8 < x < 32 + 24
    assert 16 + 8 < y < 16 + 24
    assert spot[1].tolist() == [32 + 30, 16 + 30]


def test_a_token_that_means_nothing_is_nowhere() -> None:
    network = TinySam(SIDE)
    places = torch.tensor([[[0.0, 0.0]], [[90.0, 20.0]]])
    nothing, beside = (
        network.prompts.tokens(places, torch.full((2, 1), label)) for label in (-1.0, 0.0)
    )
    assert torch.equal(nothing[0], nothing[1])
    assert not torch.allclose(beside[0], beside[1])


def test_a_point_is_told_what_the_picture_looks_like_there() -> None:
    network = TinySam(SIDE)
    seen = torch.randn(1, 24, 8, 12)
    points = torch.tensor([[[17.0, 9.5], [40.0, 20.0]], [[6.5, 24.0], [30.0, 12.0]]])
    labels = torch.tensor([[1.0, 0.0], [2.0, -1.0]])
    spots = network.prompts.spots(points, labels, seen, 4)
    middle = points / torch.tensor([48.0, 32.0]) * 2 - 1
    looks = torch.nn.functional.grid_sample(
        seen.expand(2, -1, -1, -1), middle[:, :, None], align_corners=False
    )
    expected = network.prompts.spot(looks[..., 0].transpose(1, 2))
    assert torch.allclose(spots[0], expected[0], atol=1e-5)
    assert torch.allclose(spots[1, 0], expected[1, 0], atol=1e-5)
    assert not spots[1, 1].any()


def test_a_crop_is_read_where_it_lies() -> None:
    network = TinySam(SIDE)
    cells = network.decoder.positions.of_cells
    whole = cells(8, 8, 16).unflatten(0, (8, 8))
    part = cells(3, 4, 16, (32, 16)).unflatten(0, (3, 4))
    assert torch.allclose(whole[2:5, 1:5], part, atol=1e-5)


def test_the_network_learns_a_picture() -> None:
    torch.manual_seed(0)
    image, ids = scene()
    network, random = TinySam(SIDE), np.random.default_rng(0)
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    losses = []
    for _ in range(150):
        asked = ask(ids, (0, 0), random)
        assert asked is not None
        loss = prompted_loss(network(image), asked)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-10:]) < 0.3 * np.mean(losses[:10])
    seen = network(image).features[asked.pictures]
    count, _, rows, columns = seen.fine.shape
    nothing = torch.zeros(count, 1, rows, columns), torch.zeros(count)
    said = network.answer(seen, asked.points, asked.labels, *nothing)
    truth = torch.nn.functional.avg_pool2d(asked.masks[:, None], 2)
    overlap = mask_iou(said.masks, truth)
    assert overlap[:, 0].mean() > 0.5
    assert (said.scores - overlap).abs().mean() < 0.3


def test_both_files_say_what_the_network_says_for_any_number_of_prompts(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = TinySam(SIDE)
    files = export_sam(network, SIDE, tmp_path / 'net.onnx')  # compares by itself
    encoder, decoder = (
        onnxruntime.InferenceSession(str(file), providers=['CPUExecutionProvider'])
        for file in files
    )
    image, _ = scene()
    (embeddings,) = encoder.run(None, {'image': image.numpy()})
    points = np.random.default_rng(2).uniform(0, SIDE, (6, 3, 2)).astype(np.float32)
    given = {
        'image_embeddings': embeddings,
        'point_coords': points,
        'point_labels': np.tile(np.array([2, 3, 0], np.float32), (6, 1)),
        'mask_input': np.zeros((6, 1, SIDE // 4, SIDE // 4), np.float32),
        'has_mask_input': np.zeros(6, np.float32),
    }
    scores, masks = decoder.run(None, given)
    with torch.no_grad():
        rest = [torch.from_numpy(given[name]) for name in list(given)[1:]]
        said = network.eval().answer(network(image).features, *rest)
    np.testing.assert_allclose(masks, said.masks.numpy(), atol=2e-3, rtol=1e-3)
    np.testing.assert_allclose(scores, said.scores.numpy(), atol=1e-3)
