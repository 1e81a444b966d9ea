"""
Our modules say what the makers' own code says.

That code was run once, with weights that depend on their names alone: MobileSAM at 34bbbfd for
TinyViT, ViT and decoder, and NanoSAM at 6536336 with timm 1.0.31. What it gave stands here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from isaac_seg_py.export import find_recipe, Wishes
from meta_checkpoint import known_weights, meta_state, SIDE, small_config
import numpy as np
import pytest

pytestmark = pytest.mark.reference

TINY_VIT = [1.20648, 0.53264, 0.86839, 0.1961, -0.90906, 0.33476, 0.13905, -0.65122]
RESNET18 = [0.2816, -0.5068, -0.38778, -0.46682, 1.89097, 0.86603, 0.84686, 0.87396]
VIT = [-0.27355, 0.57859, 1.38557, 0.90744, -0.41868, 2.12882, -0.50936, -0.92378]
# By the labels of two points, and whether an earlier mask counts: masks, and their predicted IoU.
DECODER = {
    (1, -1, 0): (
        [-0.39074, 0.02963, 0.26626, -0.38377, -0.03227, -0.08009, 0.12279, -0.05908],
        [0.11057, 0.19719, -0.14012, 0.32254],
    ),
    (2, 3, 1): (
        [0.21914, -0.10625, -0.29306, -0.23799, -0.14493, 0.12559, -0.72661, -1.12092],
        [0.13028, 0.25864, 0.17666, 0.46163],
    ),
}


def noise(torch: Any, seed: int, *shape: int) -> Any:
    values = np.random.default_rng(seed).standard_normal(shape)
    return torch.from_numpy(values.astype(np.float32))


def some(tensor: Any) -> list[float]:
    """Return eight values, from the first to the last."""
    flat = tensor.numpy().reshape(-1)
    return [float(flat[at]) for at in np.linspace(0, flat.size - 1, 8).astype(int)]


def test_the_encoder_of_mobilesam(torch: Any) -> None:
    from isaac_seg_py.export.tiny_vit import TinyViT

    encoder = TinyViT().eval()
    encoder.load_state_dict(known_weights(torch, encoder.state_dict()))
    with torch.no_grad():
        (found,) = encoder(noise(torch, 800_015, 1, 3, 1024, 1024))
    assert some(found) == pytest.approx(TINY_VIT, abs=1e-4)


def test_the_encoder_of_nanosam(torch: Any) -> None:
    from isaac_seg_py.export.nanosam_encoder import ResNetEncoder

    encoder = ResNetEncoder((2, 2, 2, 2), SIDE // 16).eval()
    encoder.load_state_dict(known_weights(torch, encoder.state_dict()))
    with torch.no_grad():
        (found,) = encoder(noise(torch, 800_015, 1, 3, SIDE, SIDE))
    assert some(found) == pytest.approx(RESNET18, abs=1e-4)


def test_encoder_and_decoder_of_a_checkpoint_of_meta(torch: Any, tmp_path: Path) -> None:
    transformers = pytest.importorskip('transformers', reason='make test-reference installs it')
    model = transformers.SamModel(small_config(transformers))
    file = tmp_path / 'known.pth'
    torch.save(known_weights(torch, meta_state(model)), file)
    graphs = find_recipe('sam', Wishes(checkpoint=str(file))).graphs
    points = torch.tensor([[[30.0, 50.0], [90.0, 70.0]]])
    earlier = noise(torch, 800_016, 1, 1, 32, 32)
    with torch.no_grad():
        (features,) = graphs['encoder'].module(noise(torch, 800_015, 1, 3, SIDE, SIDE))
        assert some(features) == pytest.approx(VIT, abs=1e-4)
        for (first, second, has), (masks, ratings) in DECODER.items():
            labels = torch.tensor([[float(first), float(second)]])
            found = graphs['decoder'].module(
                features, points, labels, earlier, torch.tensor([float(has)])
            )
            assert found[0][0].tolist() == pytest.approx(ratings, abs=1e-4)
            assert some(found[1]) == pytest.approx(masks, abs=1e-4)
