"""
The TensorRT backend over a stand-in for the library's running half, on a recorded device.

The stand-in acts late, and the recorder knows what a driver allows: what is read too early, freed
too early or allocated while a graph is captured is an error. The same on a GPU: test_gpu_trt.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

from attention_model import attention_model
from isaac_seg_py.errors import BackendError, ModelError
from isaac_seg_py.tensors import Tensors
import numpy as np
import onnx
import pytest
import tiny_models
from trt_bench import attention_plan, Bench, benches, IMAGE, picture


@pytest.fixture(params=['discrete', 'integrated'])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    yield from benches(request.param, tmp_path)


def test_a_plan_is_run(bench: Bench) -> None:
    plan = bench.plan(tiny_models.sum_and_difference(bench.folder / 'model.onnx'))
    with bench.open(plan) as network:
        assert [str(spec) for spec in network.inputs] == ['a float32 [2]', 'b float32 [2]']
        a, b = np.array([1, 2], np.float32), np.array([3, 4], np.float32)
        found = network(Tensors({'b': b, 'a': a}))
        np.testing.assert_array_equal(found['total'], [4, 6])
        np.testing.assert_array_equal(found['rest'], [-2, -2])
        assert network.name == 'tensorrt-rtx'
    network.close()
    with pytest.raises(BackendError, match='closed'):
        network(Tensors({'a': a, 'b': b}))


def test_sizes_come_as_they_like(bench: Bench) -> None:
    plan, truth = attention_plan(bench)
    with bench.open(plan) as network:
        assert str(network.inputs[0]) == 'image float32 [1, 3, ?, ?]'
        for size in ((32, 32), (64, 32), (128, 96), (32, 32), (128, 96)):
            given = picture(1, 3, *size)
            (expected,) = truth.run(None, {'image': given})
            np.testing.assert_array_equal(network(Tensors({'image': given}))['scores'], expected)
        assert network.output_shapes({'image': (1, 3, 64, 128)}) == {'scores': (1, 5, 64, 128)}


def test_results_that_are_held_stay_as_they_are(bench: Bench) -> None:
    plan = bench.plan(tiny_models.brightest_channel(bench.folder / 'model.onnx', (4, 6)))
    with bench.open(plan) as network:
        held = [network(Tensors({'image': IMAGE + number}))['scores'] for number in range(8)]
        for number, found in enumerate(held):
            np.testing.assert_array_equal(found, IMAGE + number)
    # Longer than the network, too.
    np.testing.assert_array_equal(held[0], IMAGE)


def test_a_thousand_frames_allocate_nothing(bench: Bench) -> None:
    plan = bench.plan(tiny_models.brightest_channel(bench.folder / 'model.onnx', (4, 6)))
    with bench.open(plan) as network:
        tensors = Tensors({'image': IMAGE})
        for _ in range(3):
            network(tensors)
        before = {call: bench.binding.count(call) for call in ('allocate', 'allocate_pinned')}
        for _ in range(1000):
            network(tensors)
        assert before == {call: bench.binding.count(call) for call in before}
        assert bench.module.contexts == 1
        if bench.binding.facts.integrated:
            # The device reads and writes the memory of the host itself.
            assert bench.binding.count('copy_in') == bench.binding.count('copy_out') == 0


def test_batches_of_four_sizes_in_turn_allocate_nothing(bench: Bench) -> None:
    # As cameras that share a network give them.
    model = tiny_models.doubler(bench.folder / 'model.onnx')
    plan = bench.plan(model, {'x': [[1, 2], [1, 2], [4, 2]]})
    with bench.open(plan) as network:
        before = {}
        for turn in range(20):
            for rows in (1, 3, 2, 4):
                given = np.full((rows, 2), turn + rows, np.float32)
                np.testing.assert_array_equal(network(Tensors({'x': given}))['y'], 2 * given)
            counts = {c: bench.binding.count(c) for c in ('allocate', 'allocate_pinned')}
            assert turn < 2 or counts == before
            before = counts


def test_arrays_of_the_device_are_taken_where_they_are(bench: Bench) -> None:
    plan = bench.plan(tiny_models.brightest_channel(bench.folder / 'model.onnx', (4, 6)))
    with bench.open(plan) as network:
        other = bench.device.stream()
        array = bench.device.array(IMAGE.shape, IMAGE.dtype)
        array.ready = bench.device.event()
        other.copy_in(array, IMAGE)
        other.record(array.ready)
        copies = bench.binding.count('copy_in')
        # What is made on another stream is waited for there, and not here.
        np.testing.assert_array_equal(network(Tensors({'image': array}))['scores'], IMAGE)
        assert bench.binding.count('copy_in') == copies


def test_only_the_outputs_asked_for_are_handed_on(bench: Bench) -> None:
    plan = bench.plan(tiny_models.sum_and_difference(bench.folder / 'model.onnx'))
    a = np.ones(2, np.float32)
    with bench.open(plan, outputs=['rest']) as network:
        copies = bench.binding.count('copy_out')
        assert list(network(Tensors({'a': a, 'b': a}))) == ['rest']
        assert bench.binding.count('copy_out') - copies <= 1
    with pytest.raises(ModelError, match='no output z; it has total, rest'):
        bench.open(plan, outputs=['z'])


@pytest.mark.parametrize('bench', ['discrete'], indirect=True)
def test_a_graph_is_captured_and_replayed(bench: Bench) -> None:
    plan, truth = attention_plan(bench)
    with bench.open(plan, outputs=['scores']) as network:
        stream = bench.device.stream()
        graphs = []
        for size in ((32, 32), (64, 96)):
            given = bench.device.array((1, 3, *size), np.float32)
            found = bench.device.array((1, 5, *size), np.float32)
            assert network.output_shapes({'image': given.shape}) == {'scores': found.shape}
            network.enqueue(stream, {'image': given}, {'scores': found})
            stream.synchronize()
            with stream.capture() as capture:
                network.enqueue(stream, {'image': given}, {'scores': found})
            graphs.append((capture.graph, given, found))
        # A run on the host's arrays in between has a context of its own.
        network(Tensors({'image': picture(1, 3, 128, 128)}))
        for graph, given, found in graphs * 2:
            image = picture(*given.shape)
            stream.copy_in(given, image)
            graph.launch(stream)
            stream.synchronize()
            (expected,) = truth.run(None, {'image': image})
            np.testing.assert_array_equal(found.numpy(), expected)
        assert bench.module.contexts == 3
        for graph, *_ in graphs:
            graph.close()


@pytest.mark.parametrize('bench', ['discrete'], indirect=True)
def test_a_graph_keeps_the_room_of_outputs_that_nobody_wants(bench: Bench) -> None:
    model = attention_model()
    model.graph.output.append(onnx.helper.make_tensor_value_info('chances', 1, [1, 2, 'n', 'n']))
    path = bench.folder / 'two.onnx'
    onnx.save(model, str(path))
    sizes = {'image': [[1, 3, 32, 32], [1, 3, 32, 32], [1, 3, 96, 96]]}
    with bench.open(bench.plan(path, sizes), outputs=['scores']) as network:
        stream = bench.device.stream()
        given = bench.device.array((1, 3, 32, 32), np.float32)
        found = bench.device.array((1, 5, 32, 32), np.float32)
        stream.copy_in(given, picture(1, 3, 32, 32))
        network.enqueue(stream, {'image': given}, {'scores': found})
        stream.synchronize()
        with stream.capture() as capture:
            network.enqueue(stream, {'image': given}, {'scores': found})
        # More room for a larger size must not take the graph's away.
        network(Tensors({'image': picture(1, 3, 96, 96)}))
        capture.graph.launch(stream)
        stream.synchronize()
        capture.graph.close()


def test_threads_take_turns(bench: Bench) -> None:
    plan = bench.plan(tiny_models.brightest_channel(bench.folder / 'model.onnx', (4, 6)))
    wrong: list[int] = []
    with bench.open(plan) as network:

        def work(number: int) -> None:
            for step in range(30):
                image = IMAGE + number * 100 + step
                if not np.array_equal(network(Tensors({'image': image}))['scores'], image):
                    wrong.append(number)

        threads = [Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert wrong == []
