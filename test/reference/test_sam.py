"""Segment Anything with random weights: our two parts give what transformers' model gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from isaac_seg_py.prompts import make_prompts
import numpy as np
import pytest

pytestmark = pytest.mark.reference

SIDE = 128
# Places as shares of the image's width and height.
PROMPTS: dict[str, dict[str, list[Any]]] = {
    'a point': {'points': [(0.4, 0.5)]},
    'points of both kinds': {'points': [[(0.4, 0.5), (0.2, 0.8)]], 'labels': [[1, 0]]},
    'a box': {'boxes': [(0.1, 0.1, 0.7, 0.9)]},
    'a box and a point': {
        'points': [(0.4, 0.5)], 'labels': [[1]], 'boxes': [(0.1, 0.1, 0.7, 0.9)]
    },
}  # fmt: skip


@pytest.fixture(scope='module')
def model(torch: Any) -> Any:
    """Give a small model with lively random weights."""
    transformers = pytest.importorskip('transformers', reason='make test-reference installs it')
    torch.manual_seed(3)
    config = transformers.SamConfig(
        vision_config={
            'hidden_size': 24, 'num_hidden_layers': 2, 'num_attention_heads': 2, 'mlp_dim': 32,
            'image_size': SIDE, 'patch_size': 16, 'output_channels': 32, 'window_size': 4,
            'global_attn_indexes': [1], 'num_pos_feats': 16,
        },
        prompt_encoder_config={
            'hidden_size': 32, 'image_size': SIDE, 'patch_size': 16, 'mask_input_channels': 8,
        },
        mask_decoder_config={
            'hidden_size': 32, 'mlp_dim': 48, 'num_attention_heads': 2, 'iou_head_hidden_dim': 16,
        },
    )  # fmt: skip
    made = transformers.SamModel(config).eval()
    with torch.no_grad():
        for name, weight in made.named_parameters():
            # As they come, weights are so small that no prompt makes a difference.
            if 'embed' in name or 'token' in name:
                weight.copy_(torch.randn_like(weight))
            elif weight.dim() >= 2:
                weight.copy_(torch.randn_like(weight) / weight[0].numel() ** 0.5)
    return made


@pytest.fixture(scope='module')
def manifest(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export both parts as a user does."""
    from isaac_seg_py.cli.main import main

    folder = tmp_path_factory.mktemp('sam')
    model.save_pretrained(folder / 'saved')
    file = folder / 'small-sam.onnx'
    assert main(['export', str(folder / 'saved'), '--output', str(file)]) == 0
    return file.with_suffix('.yaml')


def theirs(torch: Any, model: Any, pixels: np.ndarray, view: Any, mask: Any, **given: Any) -> Any:
    """Ask transformers' model; its answers for one prompt and for several meanings."""
    # As Meta scales them: each axis by itself, because each side is rounded.
    scale = np.float32(view.scale[::-1])
    asked: dict[str, Any] = {'input_masks': None if mask is None else torch.from_numpy(mask)}
    if 'points' in given:
        points = torch.tensor(np.float32(given['points']) * scale).reshape(1, 1, -1, 2)
        labels = torch.tensor(given.get('labels', [[1]])).reshape(1, 1, -1)
        asked |= {'input_points': points, 'input_labels': labels}
    if given.get('boxes'):
        asked['input_boxes'] = torch.tensor(np.float32(given['boxes']) * np.tile(scale, 2))[None]
    found = [
        model(pixel_values=torch.from_numpy(pixels), multimask_output=several, **asked)
        for several in (False, True)
    ]
    masks = torch.cat([one.pred_masks[0, 0] for one in found]).detach().numpy()
    return masks, torch.cat([one.iou_scores[0, 0] for one in found]).detach().numpy()


@pytest.mark.parametrize('size', [(60, 90), (97, 51), (128, 128)])
@pytest.mark.parametrize('kind', PROMPTS)
@pytest.mark.parametrize('refined', [False, True])
def test_masks_and_ratings_are_those_of_transformers(
    torch: Any, model: Any, manifest: Path, kind: str, size: tuple[int, int], refined: bool
) -> None:
    from isaac_seg_py.catalog.manifest import Manifest
    from isaac_seg_py.families.sam import open_sam
    from isaac_seg_py.images import RawImage

    image = np.random.default_rng(800_002).integers(0, 256, (*size, 3), np.uint8)
    corner = np.array([size[1], size[0]])
    given = {
        name: list(values)
        if name == 'labels'
        else [(np.reshape(v, (-1, 2)) * corner) for v in values]
        for name, values in PROMPTS[kind].items()
    }
    if 'boxes' in given:
        given['boxes'] = [box.reshape(4) for box in given['boxes']]
    settings = {'backend': 'onnxruntime', 'threads': 1, 'multimask': 'all'}
    with open_sam(Manifest.read(manifest), **settings) as sam:
        seen = sam.encode(RawImage.from_array(image, 'rgb8'))
        pixels = sam._encode(RawImage.from_array(image, 'rgb8'))['image'].copy()
        earlier = None
        if refined:
            earlier = sam.predict(seen, make_prompts(size, **given)).coarse[:1]
        more = {} if earlier is None else {'masks': [earlier[0]]}
        ours = sam.predict(seen, make_prompts(size, **given, **more))
    with torch.no_grad():
        mask = None if earlier is None else earlier[None]
        masks, ratings = theirs(torch, model, pixels, seen.view, mask, **given)
    scale = np.abs(masks[1:]).max()
    np.testing.assert_allclose(ours.coarse, masks[1:], rtol=0, atol=1e-4 * scale)
    np.testing.assert_allclose(ours.objects.scores, ratings[1:].clip(0, 1), atol=1e-4)
    assert 0.001 < ours.objects.masks.mean() < 0.999, 'the test proves nothing'
    # Theirs grow in two steps through the canvas, ours in one; noise is nothing but edges.
    canvas = torch.nn.functional.interpolate(
        torch.from_numpy(masks[None, 1:]), (SIDE, SIDE), mode='bilinear', align_corners=False
    )
    content = seen.view.content
    grown = torch.nn.functional.interpolate(
        canvas[..., : content[0], : content[1]], size, mode='bilinear', align_corners=False
    )
    same = (grown[0].numpy() > 0) == ours.objects.masks
    assert same.mean() > 0.97
