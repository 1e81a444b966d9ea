"""What the comparisons with other implementations share: their libraries, and how to get them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import importlib
from importlib.machinery import ModuleSpec
import importlib.util
from pathlib import Path
import sys
from types import ModuleType
from typing import Any
import warnings

import numpy as np
import pytest

HINT = 'make test-reference installs it'


@pytest.fixture(scope='session')
def torch() -> Any:
    """Give PyTorch, with the same numbers in each run and no more threads than are shared here."""
    found = pytest.importorskip('torch', reason=HINT)
    found.manual_seed(0)
    found.set_num_threads(2)
    return found


@pytest.fixture(scope='session')
def processors(torch: Any) -> Iterator[Any]:
    """
    Give transformers' classes of image processors by the names of module and network.

    They import torchvision for the resizing that they do before the network, of which nothing runs
    here. Where torchvision is missing, empty modules take its place once the rest is imported.
    """
    pytest.importorskip('transformers.image_processing_backends', reason=HINT)
    stand_ins = _stand_ins()
    sys.modules.update(stand_ins)

    def processor(network: str, kind: str) -> Any:
        name = f'transformers.models.{network}.image_processing_{network}'
        return getattr(importlib.import_module(name), f'{kind}ImageProcessor')

    yield processor
    for name in stand_ins:
        sys.modules.pop(name, None)


def _stand_ins() -> dict[str, ModuleType]:
    if importlib.util.find_spec('torchvision') is not None:
        return {}
    names = (
        '',
        '.transforms',
        '.transforms.v2',
        '.transforms.v2.functional',
        '.ops',
        '.ops.boxes',
    )
    specs = [ModuleSpec(f'torchvision{name}', None) for name in names]
    modules = {spec.name: importlib.util.module_from_spec(spec) for spec in specs}
    modules['torchvision.ops.boxes'].batched_nms = None  # type: ignore[attr-defined]
    modules['torchvision.transforms.v2'].functional = modules[  # type: ignore[attr-defined]
        'torchvision.transforms.v2.functional'
    ]
    return modules


@pytest.fixture
def export(torch: Any) -> Callable[..., Path]:
    """Give what writes a network of PyTorch as ONNX."""

    def write(model: Any, path: Path, size: tuple[int, int], *outputs: str) -> Path:
        with warnings.catch_warnings():
            # The exporter warns of itself, and of each shape that it takes as fixed.
            warnings.simplefilter('ignore')
            torch.onnx.export(
                Plain(torch, model, outputs).module,
                (torch.zeros(1, 3, *size),),
                str(path),
                input_names=['pixel_values'],
                output_names=list(outputs),
                opset_version=20,
                dynamo=False,
            )
        _use_float32_grids(path)
        return path

    return write


def _use_float32_grids(path: Path) -> None:
    """Cast what GridSample reads: the exporter makes float64 of it, which ONNX Runtime has not."""
    import onnx

    model = onnx.load(str(path))
    for index, node in reversed(list(enumerate(model.graph.node))):
        if node.op_type == 'GridSample':
            cast = onnx.helper.make_node('Cast', [node.input[1]], [f'{node.name}_grid'], to=1)
            node.input[1] = f'{node.name}_grid'
            model.graph.node.insert(index, cast)
    onnx.save(model, str(path))


class Plain:
    """A network that gives a tuple in place of transformers' own object."""

    def __init__(self, torch: Any, model: Any, outputs: tuple[str, ...]) -> None:
        """Wrap a network and take some of what it gives."""

        class Wrapped(torch.nn.Module):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.model = model
                # The exporter puts all back into the mode in which this one was.
                self.eval()

            def forward(self, pixel_values: Any) -> Any:
                found = self.model(pixel_values)
                return tuple(found[name] for name in outputs)

        self.module = Wrapped()


@pytest.fixture
def image() -> np.ndarray:
    """Give an image of a size that nothing divides."""
    return np.random.default_rng(800_001).integers(0, 256, (67, 101, 3), np.uint8)


@pytest.fixture(scope='module')
def one_thread(torch: Any) -> Iterator[None]:
    """So small a network only waits for a second thread, and long where others work beside it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
