"""From model to plan with the real TensorRT-RTX: built, found again, built again."""

from __future__ import annotations

import logging
from pathlib import Path
import shutil
import subprocess
import sys

from isaac_seg_py.errors import BackendUnavailable, ModelError
from isaac_seg_py.infer.engine_cache import EngineCache
from isaac_seg_py.infer.engine_options import EngineOptions
from isaac_seg_py.infer.plan_file import PlanFile
from isaac_seg_py.infer.trt_engine import find_or_build, for_gpu, plan_complaint
from isaac_seg_py.infer.trt_library import open_library, TrtLibrary
import pytest
import tiny_models
from trt_here import NEEDS_RTX

pytestmark = NEEDS_RTX
OPTIONS = EngineOptions(precision='fp16', compute_capabilities=('8.9',))


@pytest.fixture(scope='module')
def library() -> TrtLibrary:
    return open_library('tensorrt-rtx')


@pytest.fixture
def cache(tmp_path: Path) -> EngineCache:
    return EngineCache(tmp_path / 'engines')


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny_models.brightest_channel(tmp_path / 'model.onnx')


def test_an_engine_is_built_once_and_known_by_its_facts(
    library: TrtLibrary, cache: EngineCache, model: Path
) -> None:
    first = find_or_build(model, OPTIONS, library, cache=cache)
    second = find_or_build(model, OPTIONS, library, cache=cache)
    assert (first.was_built, second.was_built) == (True, False)
    assert second.plan == first.plan
    facts = second.facts
    assert (facts['library'], facts['version']) == ('tensorrt-rtx', library.version)
    assert (facts['precision'], facts['compute_capabilities']) == ('fp16', ['8.9'])
    assert facts['inputs'][0]['name'] == 'image'


def test_another_model_precision_or_gpu_is_another_engine(
    library: TrtLibrary, cache: EngineCache, model: Path
) -> None:
    find_or_build(model, OPTIONS, library, cache=cache)
    other = EngineOptions(precision='fp32', compute_capabilities=('8.9',))
    assert find_or_build(model, other, library, cache=cache).was_built
    assert find_or_build(model, OPTIONS, library, gpu='a GPU', cache=cache).was_built
    # The name stays, the content changes.
    tiny_models.brightest_channel(model, size=(8, 8))
    assert find_or_build(model, OPTIONS, library, cache=cache).was_built
    assert len(cache.files()) == 4


@pytest.mark.parametrize('keep', [0, 40, 5000])
def test_a_truncated_plan_is_built_again(
    library: TrtLibrary, cache: EngineCache, model: Path, keep: int
) -> None:
    first = find_or_build(model, OPTIONS, library, cache=cache)
    first.file.path.write_bytes(first.plan[:keep])
    again = find_or_build(model, OPTIONS, library, cache=cache)
    assert again.was_built
    assert len(again.plan) == len(first.plan)


def test_a_plan_that_the_library_does_not_know_is_built_again(
    library: TrtLibrary, cache: EngineCache, model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = find_or_build(model, OPTIONS, library, cache=cache)
    assert plan_complaint(library, first.plan) == ''
    strange = b'\0' * 4096
    assert plan_complaint(library, strange) == 'malformed engine'
    first.file.write(strange, first.facts)
    with caplog.at_level(logging.WARNING):
        assert find_or_build(model, OPTIONS, library, cache=cache).was_built
    assert 'cannot be used here: malformed engine; it is built again' in caplog.text


def test_a_file_of_the_users_choice_is_checked_like_the_cache(
    library: TrtLibrary, model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plan = tmp_path / 'chosen.plan'
    assert find_or_build(model, OPTIONS, library, plan=plan).was_built
    assert not find_or_build(model, OPTIONS, library, plan=plan).was_built
    tiny_models.brightest_channel(model, size=(8, 8))
    assert find_or_build(model, OPTIONS, library, plan=plan).was_built
    # Somebody else's plan is nobody's to replace.
    theirs = tmp_path / 'theirs.plan'
    shutil.copy(plan, theirs)
    with caplog.at_level(logging.WARNING):
        found = find_or_build(model, OPTIONS, library, plan=theirs)
    assert not found.was_built
    assert 'was not built by isaac-seg' in caplog.text
    assert not PlanFile(theirs).facts_path.exists()
    assert find_or_build(model, OPTIONS, library, plan=theirs, rebuild=True).was_built


PROCESS = """
import sys
from pathlib import Path
from isaac_seg_py.infer.engine_cache import EngineCache
from isaac_seg_py.infer.engine_options import EngineOptions
from isaac_seg_py.infer.trt_engine import find_or_build
from isaac_seg_py.infer.trt_library import open_library
found = find_or_build(
    Path(sys.argv[1]), EngineOptions(precision='fp16', compute_capabilities=('8.9',)),
    open_library('tensorrt-rtx'), cache=EngineCache(Path(sys.argv[2])),
)
print(found.was_built, len(found.plan))
"""


def test_two_processes_build_once(model: Path, tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, '-c', PROCESS, str(model), str(tmp_path / 'engines')],
            stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )
        for _ in range(2)
    ]  # fmt: skip
    told = sorted(process.communicate(timeout=60)[0].split() for process in processes)
    assert [row[0] for row in told] == ['False', 'True']
    assert told[0][1] == told[1][1]


def test_options_follow_the_gpu_that_is_here(library: TrtLibrary) -> None:
    here = EngineOptions()
    assert for_gpu(here, library, 'RTX 4090', (8, 9)) == (
        EngineOptions(compute_capabilities=('8.9',)),
        '',
    )
    chosen = EngineOptions(compute_capabilities=('8.6', '12.0'))
    assert for_gpu(chosen, library, 'RTX 4090', (8, 9)) == (chosen, '')
    with pytest.raises(BackendUnavailable, match=r'does not run on H200, .* capability 9\.0'):
        for_gpu(here, library, 'H200', (9, 0))
    # TensorRT's engines are for the GPU that built them.
    other = TrtLibrary('tensorrt', library.module, '10.3.0', library.log)
    assert for_gpu(here, other, 'Orin', (8, 7)) == (here, 'Orin 8.7')


def test_a_plan_needs_a_gpu_to_run(library: TrtLibrary, cache: EngineCache, model: Path) -> None:
    from isaac_seg_py.cuda import is_available
    from isaac_seg_py.infer.trt import TensorRtBackend

    if is_available()[0]:
        pytest.skip('there is a GPU here')
    with pytest.raises(BackendUnavailable, match=r'needs an NVIDIA GPU.*onnxruntime'):
        TensorRtBackend(model, OPTIONS, library)


def test_the_model_is_looked_for_first(library: TrtLibrary, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match='cannot be read'):
        find_or_build(tmp_path / 'none.onnx', OPTIONS, library)
