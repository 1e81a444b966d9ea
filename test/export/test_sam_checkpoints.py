"""Checkpoints of SAM, MobileSAM and NanoSAM, by the names that their makers gave the weights."""

from __future__ import annotations

from dataclasses import replace
import importlib.util
from pathlib import Path
from typing import Any

from isaac_seg_py import PromptableSegmenter
from isaac_seg_py.cli.main import main
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.export import export_recipe, find_recipe, Graph, Recipe, Wishes
from isaac_seg_py.export.meta_keys import renamed, vision_sizes
from isaac_seg_py.export.sam_checkpoints import CHECKPOINTS
from isaac_seg_py.families.sam_engine import part_settings
from isaac_seg_py.infer import open_backend
from isaac_seg_py.infer.precision import convert_file
from isaac_seg_py.infer.trt_build import build_engine
from isaac_seg_py.infer.trt_library import open_library
from isaac_seg_py.infer.trt_opening import engine_options
from isaac_seg_py.infer_config import InferConfig
from isaac_seg_py.tensors import Tensors
from meta_checkpoint import digest, enliven, meta_state, SIDE, small_config
import numpy as np
import pytest

pytestmark = pytest.mark.reference
Printed = pytest.CaptureFixture[str]

# Of all names and shapes in the makers' own code, by `digest`.
VIT_B = '2a326f8855d290e081116dbf100a235308e9f12b6c76b54759db0f806cc5ea48'
TINY_VIT = '3bae6e53e8e0674c86d3c03f785efa7e75a0d52c6e1db6c2ddec68ca450df98b'
RESNETS = {
    (2, 2, 2, 2): 'a40551ab72543d114a6c644e81cbef3e4b0e24ab339dbd7433e13056cb4c4784',
    (3, 4, 6, 3): '65025ab176efb0f58b02acca6501618a75f9fb830b3be7f4f5f9266f615068ca',
}


@pytest.fixture(scope='module')
def transformers(torch: Any) -> Any:
    return pytest.importorskip('transformers', reason='make test-reference installs it')


def prompts_only(transformers: Any) -> Any:
    """Make what MobileSAM has of SAM: prompt encoder and mask decoder in their true size."""
    model = transformers.SamModel(
        transformers.SamConfig(
            vision_config={'num_hidden_layers': 0, 'global_attn_indexes': []},
            mask_decoder_config={'layer_norm_eps': 1e-5},
        )
    )
    del model.vision_encoder
    return model.eval()


@pytest.fixture(scope='module')
def mobile(torch: Any, transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a checkpoint like mobile_sam.pt."""
    from isaac_seg_py.export.tiny_vit import TinyViT

    torch.manual_seed(800_005)
    encoder, model = TinyViT(), prompts_only(transformers)
    enliven(torch, encoder)
    enliven(torch, model)
    image = {f'image_encoder.{name}': weight for name, weight in encoder.state_dict().items()}
    heads = {'norm_head.weight': (320,), 'norm_head.bias': (320,), 'head.weight': (1000, 320),
             'head.bias': (1000,)}  # fmt: skip
    image |= {f'image_encoder.{name}': torch.zeros(shape) for name, shape in heads.items()}
    file = tmp_path_factory.mktemp('mobile') / 'mobile_sam.pt'
    torch.save({**image, **meta_state(model)}, file)
    return file


def test_names_and_shapes_are_those_of_the_published_files(
    torch: Any, transformers: Any, mobile: Path
) -> None:
    from isaac_seg_py.export.nanosam_encoder import ResNetEncoder

    saved = torch.load(mobile, weights_only=True)
    front = 'image_encoder.'
    image = {name.removeprefix(front): w for name, w in saved.items() if name.startswith(front)}
    assert digest(image) == TINY_VIT
    for depths, expected in RESNETS.items():
        assert digest(ResNetEncoder(depths, 64).state_dict()) == expected
    with torch.device('meta'):
        model = transformers.SamModel(transformers.SamConfig())
    theirs = meta_state(model)
    assert digest(theirs) == VIT_B
    shapes = {name: weight.shape for name, weight in model.state_dict().items()}
    assert {name: weight.shape for name, weight in renamed(theirs).items()} == shapes
    vision = model.config.vision_config
    for name, value in vision_sizes(renamed(theirs)).items():
        known = getattr(vision, name)
        assert value == (list(known) if isinstance(known, tuple) else known)


@pytest.fixture(scope='module')
def small(torch: Any, transformers: Any) -> Any:
    """Give a small model in Meta's form."""
    torch.manual_seed(800_006)
    made = transformers.SamModel(small_config(transformers)).eval()
    enliven(torch, made)
    return made


def test_a_checkpoint_of_meta_is_exported_in_its_own_size(
    torch: Any, small: Any, tmp_path: Path, capsys: Printed
) -> None:
    from isaac_seg_py.export.sam_parts import ImageEncoder, PromptDecoder

    file = tmp_path / 'small.pth'
    torch.save(meta_state(small), file)
    graphs = find_recipe('sam', Wishes(checkpoint=str(file))).graphs
    image = torch.randn(1, 3, SIDE, SIDE)
    given = [torch.rand_like(tensor) for tensor in graphs['decoder'].inputs.values()]
    given[2] = graphs['decoder'].inputs['point_labels']
    with torch.no_grad():
        expected = (*ImageEncoder(small)(image), *PromptDecoder(small)(*given))
        found = (*graphs['encoder'].module(image), *graphs['decoder'].module(*given))
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)
        assert one.std() > 1e-3
    output = tmp_path / 'out.onnx'
    assert main(['export', 'sam', '--checkpoint', str(file), '--output', str(output)]) == 0
    said = capsys.readouterr().out
    assert 'image_embeddings [1, 32, 8, 8]: largest difference' in said
    assert 'low_res_masks [2, 4, 32, 32]: largest difference' in said
    picture = np.random.default_rng(800_007).integers(0, 256, (90, 60, 3), np.uint8)
    model = str(output.with_suffix('.yaml'))
    with PromptableSegmenter.open(model, backend='onnxruntime', threads=1) as sam:
        assert sam.predict(sam.encode(picture), points=[(20, 30)]).masks.shape == (1, 90, 60)
    # Nothing that is there is written over.
    assert main(['export', 'sam', '--checkpoint', str(file), '--output', str(output)]) == 2
    assert 'out_encoder.onnx' in capsys.readouterr().err


def test_nanosam_takes_its_decoder_from_mobilesam(
    torch: Any, mobile: Path, tmp_path: Path
) -> None:
    from isaac_seg_py.export.nanosam_encoder import ResNetEncoder

    encoder = ResNetEncoder((2, 2, 2, 2), 8, widths=(8, 8, 16, 16), neck=24).eval()
    enliven(torch, encoder)
    file = tmp_path / 'checkpoint.pth'
    # NanoSAM's training saves its optimizer beside.
    torch.save({'model': encoder.state_dict(), 'optimizer': {'state': {}}, 'epoch': 3}, file)
    wishes = Wishes(checkpoint=str(file), decoder=str(mobile))
    recipe = find_recipe('nanosam', wishes)
    image = torch.randn(1, 3, SIDE, SIDE)
    assert recipe.graphs['encoder'].inputs['image'].shape == image.shape
    with torch.no_grad():
        assert torch.equal(recipe.graphs['encoder'].module(image)[0], encoder(image)[0])
    assert recipe.graphs['decoder'].inputs['image_embeddings'].shape == (1, 256, 8, 8)
    with pytest.raises(ConfigError, match='--decoder'):
        find_recipe('nanosam', Wishes(checkpoint=str(file)))


@pytest.mark.parametrize(
    ('name', 'change', 'said'),
    [
        ('sam', lambda state: {}, 'the checkpoint has no vision_encoder.pos_embed'),
        (
            'sam',
            lambda state: {k: v for k, v in state.items() if 'neck.3.bias' not in k},
            'Missing key',
        ),
        ('sam', lambda state: {**state, 'image_encoder.more': next(iter(state.values()))}, 'does'),
        ('mobilesam', lambda state: state, 'does not fit'),
        ('nanosam', lambda state: {'a.conv3.weight': next(iter(state.values()))}, 'resnet34'),
    ],
)
def test_a_file_of_something_else_is_refused_in_one_line(
    torch: Any, small: Any, tmp_path: Path, capsys: Printed, name: str, change: Any, said: str
) -> None:
    file = tmp_path / 'other.pth'
    torch.save(change(meta_state(small)), file)
    more = ['--decoder', str(file)] if name == 'nanosam' else []
    assert main(['export', name, '--checkpoint', str(file), *more]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count('\n') == 1


def test_a_checkpoint_is_needed_where_it_is_meant_and_refused_elsewhere(capsys: Printed) -> None:
    for name in CHECKPOINTS:
        assert main(['export', name]) == 2
        assert 'give it with --checkpoint FILE (' in capsys.readouterr().err
    assert main(['export', 'torchvision/fcn_resnet50', '--checkpoint', 'x.pth']) == 2
    assert 'takes no --checkpoint' in capsys.readouterr().err
    assert main(['export', 'sam', '--checkpoint', 'x.pth', '--decoder', 'y.pth']) == 2
    assert '--decoder is for nanosam' in capsys.readouterr().err


def test_halves_do_not_break_the_encoder_of_mobilesam(torch: Any, tmp_path: Path) -> None:
    from isaac_seg_py.export.tiny_vit import TinyViT

    torch.manual_seed(800_009)
    encoder = TinyViT(256).eval()
    enliven(torch, encoder)
    with torch.no_grad():
        # Features whose squares no half holds, as those of trained networks may be.
        encoder.neck[0].weight *= 300
        encoder.neck[2].weight *= 1000
    file = tmp_path / 'encoder.onnx'
    graph = Graph(encoder, {'image': torch.zeros(1, 3, 256, 256)}, ('image_embeddings',))
    export_recipe(Recipe({'': graph}, {}), file, name='', more={}, with_manifest=False)
    halves = convert_file(file, tmp_path / 'halves.onnx', 'fp16')
    image = np.random.default_rng(800_008).standard_normal((1, 3, 256, 256)).astype(np.float32)
    answers = []
    for path in (file, halves):
        with open_backend(path, backend='onnxruntime', threads=2) as network:
            answers.append(network(Tensors({'image': image}))['image_embeddings'].copy())
    assert np.abs(answers[0] - answers[1]).max() < 0.01 * np.abs(answers[0]).max()
    assert halves.stat().st_size < 0.6 * file.stat().st_size


@pytest.mark.slow
def test_mobilesam_is_exported_in_its_true_size_and_built(
    mobile: Path, tmp_path: Path, capsys: Printed
) -> None:
    file = tmp_path / 'mobile.onnx'
    assert main(['export', 'mobilesam', '--checkpoint', str(mobile), '--output', str(file)]) == 0
    said = capsys.readouterr().out
    assert 'image_embeddings [1, 256, 64, 64]: largest difference' in said
    assert 'low_res_masks [2, 4, 256, 256]: largest difference' in said
    if importlib.util.find_spec('tensorrt_rtx') is None:
        return  # built where it is installed
    library = open_library('tensorrt-rtx')
    for part in ('encoder', 'decoder'):
        model = file.with_name(f'mobile_{part}.onnx')
        infer = {'backend': 'tensorrt-rtx', 'precision': 'fp16'}
        chosen = engine_options(InferConfig(**part_settings(part, model, infer, 32)), model)
        # For a GPU that is not here.
        engine = build_engine(model, replace(chosen, compute_capabilities=('8.9',)), library)
        assert engine.facts['layers']['HALF'] > 50


def test_only_sam2_has_sizes_by_name(
    torch: Any, small: Any, tmp_path: Path, capsys: Printed
) -> None:
    file = tmp_path / 'small.pth'
    torch.save(meta_state(small), file)
    assert main(['export', 'sam', '--checkpoint', str(file), '--size', 'tiny']) == 2
    assert 'which only SAM 2 is' in capsys.readouterr().err
