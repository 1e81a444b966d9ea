"""A decoder without maps of its own is asked about encoded pictures, learns, and is written."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.scenes import make_scene
import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip('torch', exc_type=ImportError)
onnx = pytest.importorskip('onnx', exc_type=ImportError)

from training.encoded_batches import EncodedBatches  # noqa: E402
from training.lean_decoder import LeanDecoder  # noqa: E402
from training.lean_loss import Answering, shown_loss  # noqa: E402
from training.prompt_batches import fit  # noqa: E402
from training.sam_export import export_decoder  # noqa: E402
from training.sam_model import EncoderAsExported, TinySam  # noqa: E402

pytestmark = [
    pytest.mark.reference,
    # The exporter that needs no further package says so of itself.
    pytest.mark.filterwarnings('ignore::DeprecationWarning'),
]

SIDE = 128


@pytest.fixture
def batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EncodedBatches:
    """Give batches of two scenes that were encoded by a network that has learned nothing."""
    scenes = [fit(make_scene(seed, (SIDE, SIDE), objects=3), SIDE) for seed in (800_400, 800_401)]
    np.savez(
        tmp_path / 'scenes.npz', **{name: [one[name] for one in scenes] for name in scenes[0]}
    )
    chunks = [tmp_path / 'scenes.npz']
    monkeypatch.setattr('training.prompt_batches.cached_chunks', lambda *given: chunks)
    torch.manual_seed(3)
    return EncodedBatches(tmp_path, 2, EncoderAsExported(TinySam(SIDE)).eval(), SIDE)


def test_places_are_those_beside_the_prompt() -> None:
    decoder = LeanDecoder(SIDE)
    points = torch.tensor([[[20.0, 30.0], [60.0, 90.0], [5.0, 5.0]]])
    frame = decoder.frame(points, torch.tensor([[2.0, 3.0, 0.0]]), torch.zeros(1, 4))
    on_canvas = decoder.places(SIDE // 4, SIDE // 4)[0]
    x, y = on_canvas[1], on_canvas[2]
    spare = torch.nn.functional.softplus(torch.tensor(-2.0)) + 0.02
    u = (x - (40 / 64 - 1)) / (20 / 64 + spare)
    v = (y - (60 / 64 - 1)) / (30 / 64 + spare)
    expected = torch.stack([torch.ones_like(u), u, v, u * u, v * v, u * v])
    assert torch.allclose((frame @ on_canvas)[0], expected, atol=1e-4)


def test_each_picture_is_asked_for_its_own_prompts(batches: EncodedBatches) -> None:
    torch.manual_seed(0)
    decoder = LeanDecoder(SIDE).eval()
    embeddings, shown = next(batches.encoded(2, np.random.default_rng(0)))
    count = len(shown.points)
    nothing = torch.zeros(count, 1, SIDE // 4, SIDE // 4), torch.zeros(count)
    with torch.no_grad():
        scores, masks = decoder(embeddings, shown.points, shown.labels, *nothing)
        second = slice(count // 2, count)
        alone = decoder(
            embeddings[1:],
            shown.points[second],
            shown.labels[second],
            *(one[second] for one in nothing),
        )
    assert torch.allclose(masks[second], alone[1], atol=1e-3)
    assert torch.allclose(scores[second], alone[0], atol=1e-4)


def test_the_decoder_learns_pictures(batches: EncodedBatches) -> None:
    torch.manual_seed(0)
    network, random = Answering(LeanDecoder(SIDE)), np.random.default_rng(0)
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    asked, losses = batches.encoded(2, random), []
    for step in range(90):
        embeddings, shown = next(asked)
        loss = shown_loss(network(embeddings), shown, step < 70)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:5])


def test_the_file_says_what_the_network_says_for_any_number_of_prompts(
    batches: EncodedBatches, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    decoder = LeanDecoder(SIDE)
    decoder.begin_with(TinySam(SIDE))
    embeddings, _ = next(batches.encoded(1, np.random.default_rng(0)))
    path = tmp_path / 'decoder.onnx'
    export_decoder(decoder, embeddings, SIDE, path)  # compares by itself
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    shapes = {one.name: one.shape for one in session.get_outputs()}
    assert shapes == {
        'iou_predictions': ['B', 4],
        'low_res_masks': ['B', 4, SIDE // 4, SIDE // 4],
    }
    # A number without a type can make half of the network twice as slow.
    graph = onnx.shape_inference.infer_shapes(onnx.load(str(path)), strict_mode=True).graph
    kinds = {value.type.tensor_type.elem_type for value in graph.value_info}
    assert onnx.TensorProto.FLOAT in kinds
    assert onnx.TensorProto.DOUBLE not in kinds
