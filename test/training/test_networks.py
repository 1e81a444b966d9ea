"""Networks are written as they are, and go on from where they were written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip('torch', exc_type=ImportError)
pytest.importorskip('onnx', exc_type=ImportError)

from training.fcn_model import TinyFCN  # noqa: E402
from training.instances_model import AsExported, TinyInstances  # noqa: E402
from training.onnx_export import export  # noqa: E402
from training.resume import load_exported  # noqa: E402
from training.segformer_model import Block, EXPANSION, TinySegFormer  # noqa: E402
from training.unet_model import TinyUNet  # noqa: E402

pytestmark = [
    pytest.mark.reference,
    # The exporter that needs no further package says so of itself.
    pytest.mark.filterwarnings('ignore::DeprecationWarning'),
]

SIZE = (64, 96)
NETWORKS = {
    'unet': (TinyUNet, ('scores',)),
    'segformer': (TinySegFormer, ('scores',)),
    'fcn': (TinyFCN, ('scores',)),
    'instances': (lambda classes: AsExported(TinyInstances(classes)), ('output0', 'output1')),
}


def lively(network: Any, seed: int) -> Any:
    """Give every weight a value, also those that begin as 0 or 1."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    network.train()
    network(torch.randn(8, 3, *SIZE))  # the normalisations see something
    return network.eval()


@pytest.mark.parametrize('name', NETWORKS)
def test_a_network_goes_on_as_it_was_written(name: str, tmp_path: Path) -> None:
    build, outputs = NETWORKS[name]
    file = tmp_path / 'net.onnx'
    export(lively(build(5), 0), SIZE, file, 'given', outputs)
    other = build(5)
    load_exported(other, file, torch.randn(8, 3, *SIZE))
    image = torch.randn(1, 3, *SIZE)
    session = onnxruntime.InferenceSession(str(file), providers=['CPUExecutionProvider'])
    expected = session.run(list(outputs), {'given': image.numpy()})
    with torch.no_grad():
        given = other.eval()(image)
    for ours, theirs in zip(given if len(outputs) > 1 else [given], expected, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-3, atol=1e-3)


def test_an_export_that_says_something_else_is_refused(tmp_path: Path) -> None:
    class Restless(torch.nn.Module):
        calls = 0

        def forward(self, image: Any) -> Any:
            self.calls += 1
            return image * self.calls

    with pytest.raises(RuntimeError, match='do not use it'):
        export(Restless(), SIZE, tmp_path / 'net.onnx')


# Ours by theirs, with what makes a 1x1 convolution of a linear layer.
NAMES = {
    'layernorm_before': 'before_attention',
    'attention.q_proj': 'attention.query',
    'attention.o_proj': 'attention.out',
    'attention.sequence_reduction.sequence_reduction': 'attention.reduce.0',
    'attention.sequence_reduction.layer_norm': 'attention.reduce.1',
    'layernorm_after': 'before_mixing',
    'mlp.fc1': 'feed_forward.widen',
    'mlp.dwconv.dwconv': 'feed_forward.mix',
    'mlp.fc2': 'feed_forward.narrow',
}


def test_a_block_is_that_of_transformers() -> None:
    pytest.importorskip('transformers', exc_type=ImportError)
    from transformers import SegformerConfig
    from transformers.models.segformer.modeling_segformer import SegformerLayer

    width, heads, reduction = 32, 4, 2
    torch.manual_seed(0)
    theirs = SegformerLayer(SegformerConfig(), width, heads, 0.0, reduction, EXPANSION).eval()
    ours = Block(width, heads, reduction).eval()
    values, weights = theirs.state_dict(), {}
    for their_name, name in NAMES.items():
        for part in ('weight', 'bias'):
            weights[f'{name}.{part}'] = values[f'{their_name}.{part}']
    for part in ('weight', 'bias'):
        both = [values[f'attention.{which}_proj.{part}'] for which in 'kv']
        weights[f'attention.key_value.{part}'] = torch.cat(both)
    shapes = ours.state_dict()
    ours.load_state_dict({key: value.reshape(shapes[key].shape) for key, value in weights.items()})
    features = torch.randn(2, width, 8, 12)
    with torch.no_grad():
        expected = theirs(features.flatten(2).transpose(1, 2), 8, 12)
        given = ours(features).flatten(2).transpose(1, 2)
    torch.testing.assert_close(given, expected, rtol=1e-4, atol=1e-4)
