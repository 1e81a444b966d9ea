"""Several who ask for the same network in one process have one between them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
import threading
import time
from typing import Any

from isaac_seg_py.errors import BackendError
from isaac_seg_py.infer import Backend, FakeBackend, shared
from isaac_seg_py.infer.opening import open_configured
from isaac_seg_py.infer_config import InferConfig
from isaac_seg_py.tensors import Tensors, TensorSpec
import numpy as np
import pytest
import tiny_models

GIVEN = Tensors({'x': np.array([[1.0, -2.0]], np.float32)})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a network that doubles."""
    return tiny_models.doubler(tmp_path / 'network.onnx')


def opened(file: Path, **settings: Any) -> Backend:
    """Open a file on the CPU."""
    return open_configured(
        InferConfig(model_file_path=str(file), backend='onnxruntime', **settings)
    )


def behind(network: Backend) -> Backend:
    """Return the network of which this is a share."""
    return network._turns.network  # type: ignore[attr-defined]


def test_the_second_has_the_network_of_the_first_and_the_last_closes_it(file: Path) -> None:
    first, second = opened(file), opened(file)
    network = behind(first)
    assert behind(second) is network
    assert 'shared' in second.choice and 'shared' not in first.choice
    first.close()
    first.close()
    with pytest.raises(BackendError, match='closed'):
        first(GIVEN)
    assert second(GIVEN)['y'].tolist() == [[2.0, -4.0]]
    second.close()
    with pytest.raises(BackendError, match='closed'):
        network(GIVEN)
    with opened(file) as third:
        assert behind(third) is not network
    assert not shared._held


def test_names_are_of_each_and_the_network_of_all(file: Path) -> None:
    names = {'output_tensor_names': ('twice',), 'output_binding_names': ('y',)}
    with opened(file, output_binding_names=('y',)) as plain, opened(file, **names) as named:
        assert list(plain(GIVEN)) == ['y'] and list(named(GIVEN)) == ['twice']
        assert behind(named._inner) is behind(plain)  # type: ignore[attr-defined]


def test_other_settings_and_other_files_are_other_networks(file: Path) -> None:
    with opened(file) as usual, opened(file, threads=1) as other:
        assert behind(usual) is not behind(other)
        tiny_models.sum_and_difference(file.parent / 'new.onnx').replace(file)
        with opened(file) as changed:
            assert behind(changed) is not behind(usual)
            assert [spec.name for spec in changed.outputs] == ['total', 'rest']


@pytest.mark.parametrize('at_once', [True, False])
def test_what_can_do_only_one_at_a_time_is_asked_so(
    file: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    inside, most = 0, 0
    together = threading.Barrier(2)

    def work(inputs: Any) -> Any:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if at_once:
            # Both come, or this waits in vain.
            together.wait(30)
        else:
            time.sleep(0.02)
        inside -= 1
        return {'y': inputs['x']}

    def fake(*given: Any) -> Backend:
        spec = TensorSpec('x', (1, 2), np.dtype(np.float32))
        network = FakeBackend(work, inputs=[spec])
        network.runs_at_once = 2 if at_once else 1
        return network

    monkeypatch.setattr(shared, 'open_chosen', fake)
    with opened(file) as first, opened(file) as second, ThreadPoolExecutor(2) as threads:
        for one in [threads.submit(network, GIVEN) for network in (first, second)]:
            one.result()
    assert most == (2 if at_once else 1)


def test_cameras_that_wait_for_a_network_go_together(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []
    all_wait = threading.Event()
    with ExitStack() as stack:
        cameras = [stack.enter_context(opened(file, max_batch_size=4)) for _ in range(5)]
        network = behind(cameras[0])
        run = network.run

        def counted(inputs: Any) -> Any:
            runs.append(len(inputs['x']))
            assert all_wait.wait(30)
            return run(inputs)

        monkeypatch.setattr(network, 'run', counted)
        threads = stack.enter_context(ThreadPoolExecutor(5))
        images = [Tensors({'x': np.full((1, 2), at, np.float32)}) for at in range(5)]
        jobs = [threads.submit(*pair) for pair in zip(cameras, images, strict=True)]
        waiting = cameras[0]._turns._waiting  # type: ignore[attr-defined]
        end = time.monotonic() + 30
        while len(waiting) < 4 and time.monotonic() < end:
            time.sleep(0.001)
        all_wait.set()
        assert [job.result(30)['y'].tolist() for job in jobs] == [
            [[2 * at] * 2] for at in range(5)
        ]
    assert runs == [1, 4]
    assert not shared._held


def test_others_are_opened_and_closed_while_one_is_built(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, built = threading.Event(), threading.Event()
    usual = opened(file)
    open_now = shared.open_chosen

    def slow(model: Path, config: InferConfig, *more: Any) -> Backend:
        if config.threads == 1:
            begun.set()
            assert built.wait(30)
        return open_now(model, config, *more)

    monkeypatch.setattr(shared, 'open_chosen', slow)
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(opened, file, threads=1) for _ in range(2)]
        assert begun.wait(30)
        usual.close()
        opened(file, threads=2).close()
        built.set()
        first, second = (one.result(30) for one in waiting)
    assert behind(first) is behind(second)
    first.close()
    second.close()
    assert not shared._held


def test_one_that_cannot_be_opened_is_not_kept(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any) -> Backend:
        raise BackendError('no memory')

    with monkeypatch.context() as patched:
        patched.setattr(shared, 'open_chosen', broken)
        with pytest.raises(BackendError, match='no memory'):
            opened(file)
    assert not shared._held
    opened(file).close()
