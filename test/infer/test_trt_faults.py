"""The TensorRT backend where plan, library, memory or kept kernels are bad; see test_trt.py."""

from __future__ import annotations

from collections.abc import Iterator
import importlib.util
import logging
from pathlib import Path
from typing import Any

from isaac_seg_py.errors import BackendError, ModelError, TensorError
from isaac_seg_py.infer import trt_engine
from isaac_seg_py.infer.engine_options import EngineOptions
from isaac_seg_py.infer.plan_file import PlanFile
from isaac_seg_py.infer.trt_build import BuiltEngine
from isaac_seg_py.tensors import Tensors
import numpy as np
import pretend_tensorrt
from pretend_tensorrt import make_plan
import pytest
import tiny_models
from trt_bench import attention_plan, Bench, benches, IMAGE, picture


@pytest.fixture(params=['discrete', 'integrated'])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    yield from benches(request.param, tmp_path)


def test_a_size_that_no_profile_covers_is_named_and_the_next_frame_passes(bench: Bench) -> None:
    plan, truth = attention_plan(bench)
    with bench.open(plan) as network:
        with pytest.raises(TensorError) as caught:
            network(Tensors({'image': picture(1, 3, 160, 160)}))
        told = str(caught.value)
        assert 'image [1, 3, 160, 160] came' in told
        assert (
            '[1, 3, 32, 32] to [1, 3, 64, 64] or image [1, 3, 64, 64] to [1, 3, 128, 128]' in told
        )
        given = picture(1, 3, 32, 32)
        (expected,) = truth.run(None, {'image': given})
        np.testing.assert_array_equal(network(Tensors({'image': given}))['scores'], expected)


def test_a_size_that_the_library_refuses_leaves_nothing_behind(bench: Bench) -> None:
    plan, truth = attention_plan(bench, dislikes=[1, 3, 96, 96])
    with bench.open(plan) as network:
        given = picture(1, 3, 32, 32)
        (expected,) = truth.run(None, {'image': given})
        network(Tensors({'image': given}))
        with pytest.raises(TensorError, match="does not take 'image'"):
            network(Tensors({'image': picture(1, 3, 96, 96)}))
        # The profile was changed already, and is changed back.
        np.testing.assert_array_equal(network(Tensors({'image': given}))['scores'], expected)


@pytest.mark.parametrize(
    ('facts', 'said'),
    [
        ({'dtype': {'scores': 'BF16'}}, "tensor 'scores' .* is BF16, which NumPy does not have"),
        ({'format': 'CHW32'}, 'is not a plain array on the GPU'),
        ({'location': 'HOST'}, 'is not a plain array on the GPU'),
    ],
)
def test_a_plan_with_tensors_that_cannot_be_taken_is_refused(
    bench: Bench, facts: dict[str, Any], said: str
) -> None:
    model = tiny_models.brightest_channel(bench.folder / 'model.onnx')
    with pytest.raises(ModelError, match=said):
        bench.open(bench.plan(model, **facts))


def test_faults_of_the_library_are_told(bench: Bench) -> None:
    model = tiny_models.brightest_channel(bench.folder / 'model.onnx', (4, 6))
    tensors = Tensors({'image': IMAGE})
    with (
        bench.open(bench.plan(model, fails=True)) as network,
        pytest.raises(BackendError, match=r'did not run plan .*Error Code 3'),
    ):
        network(tensors)
    with (
        bench.open(bench.plan(model, data_dependent=True)) as network,
        pytest.raises(BackendError, match='does not say the shape of scores before it runs'),
    ):
        network(tensors)
    bench.module.memory_is_full = True
    with pytest.raises(BackendError, match=r'OutOfMemory\. It needs 5 MB .* MB are free'):
        bench.open(bench.plan(model))
    bench.module.refuses = make_plan(model, [])
    with pytest.raises(ModelError, match=r'cannot load plan .* made for another GPU'):
        bench.open(bench.plan(model))


def test_an_engine_that_does_not_load_is_built_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    model = tiny_models.brightest_channel(bench.folder / 'model.onnx', (4, 6))
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(bench.folder / 'engines'))
    built: list[tuple[str, ...]] = []

    def build(model: Path, options: EngineOptions, *others: object, **more: object) -> BuiltEngine:
        built.append(options.compute_capabilities)
        return BuiltEngine(make_plan(model, number=len(built)), {'build_seconds': 0.0})

    monkeypatch.setattr(trt_engine, 'build_engine', build)
    tensors = Tensors({'image': IMAGE})
    for _ in range(2):
        with bench.open(model) as network:
            np.testing.assert_array_equal(network(tensors)['scores'], IMAGE)
    # Built once, for the GPU that is here.
    assert built == [('9.0',)]
    # The driver was changed, say: what lies in the cache does not load any more.
    bench.module.refuses = make_plan(model, number=1)
    with caplog.at_level(logging.WARNING), bench.open(model) as network:
        np.testing.assert_array_equal(network(tensors)['scores'], IMAGE)
    assert len(built) == 2
    assert 'it is built again' in caplog.text
    # What was just built and does not load is an error, and no endless building.
    bench.module.refuses = make_plan(model, number=3)
    with pytest.raises(ModelError, match='made for another GPU'):
        bench.open(model, rebuild=True)
    assert len(built) == 3


def test_an_engine_that_cannot_be_kept_runs(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    model = tiny_models.brightest_channel(bench.folder / 'model.onnx', (4, 6))
    (bench.folder / 'engines').write_text('a file where the folder should be')
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(bench.folder / 'engines'))
    built = BuiltEngine(make_plan(model), {'build_seconds': 0.0})
    monkeypatch.setattr(trt_engine, 'build_engine', lambda *given, **more: built)
    with bench.open(model) as network:
        np.testing.assert_array_equal(network(Tensors({'image': IMAGE}))['scores'], IMAGE)
    assert 'was not written' in caplog.text


def test_what_was_compiled_for_the_gpu_is_kept(bench: Bench) -> None:
    plan = bench.plan(tiny_models.brightest_channel(bench.folder / 'model.onnx', (4, 6)))
    file = PlanFile(plan).runtime_cache_path
    bench.open(plan).close()
    assert file.read_bytes() == b'KERNELS of this GPU'
    written = file.stat().st_mtime_ns
    bench.open(plan).close()
    assert bench.module.caches[-1].was_read
    assert file.stat().st_mtime_ns == written
    # What another GPU left, or somebody else may write to, is replaced.
    file.write_bytes(b'of another GPU')
    bench.open(plan).close()
    assert file.read_bytes() == b'KERNELS of this GPU'
    file.chmod(0o666)
    bench.open(plan).close()
    assert not bench.module.caches[-1].was_read


def test_what_the_stand_in_has_the_library_has() -> None:
    if importlib.util.find_spec('tensorrt_rtx') is None:
        pytest.skip('TensorRT-RTX is not installed: pip install tensorrt-rtx-cu13')
    import tensorrt_rtx as real

    names = {
        'Runtime': 'Runtime', 'RuntimeCache': 'IRuntimeCache', 'RuntimeConfig': 'IRuntimeConfig',
        'Engine': 'ICudaEngine', 'Context': 'IExecutionContext',
    }  # fmt: skip
    for mine, theirs in names.items():
        has = {name for name in vars(getattr(pretend_tensorrt, mine)) if name[0] != '_'}
        assert has <= set(dir(getattr(real, theirs))), theirs
    for enum in ('DataType', 'TensorIOMode', 'TensorFormat', 'TensorLocation', 'EngineValidity'):
        members = {member.name for member in getattr(pretend_tensorrt, enum)}
        assert members <= set(getattr(real, enum).__members__), enum
    assert 'active_optimization_profile' in dir(real.IExecutionContext)
    assert 'engine_host_code_allowed' in dir(real.Runtime)
