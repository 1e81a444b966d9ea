"""A real Triton server: shared memory, versions, and what happens when it goes and comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import sys
import time
from typing import Any

from isaac_seg_py import Segmenter
from isaac_seg_py.errors import BackendError, BackendUnavailable, ConfigError, ModelError
from isaac_seg_py.infer import Backend, open_backend
from isaac_seg_py.infer.opening import open_configured
from isaac_seg_py.infer.triton_exchange import is_this_host
from isaac_seg_py.infer_config import InferConfig
from isaac_seg_py.scenes import make_scene
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest
import tiny_models
from triton_server import TritonServer

UNET = Path(__file__).parents[2] / 'models/tiny_unet.onnx'
Open = Callable[..., Backend]


def run(network: Backend, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Run a network of one input and one output."""
    return network(Tensors({network.inputs[0].name: array})).arrays[network.outputs[0].name]


def until_it_answers(network: Backend, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Run a network until its server is reached again, as a node does frame by frame."""
    # gRPC itself waits, ever longer, before it connects again.
    end = time.monotonic() + 60
    while True:
        try:
            return run(network, array)
        except BackendError as error:
            away = 'connect' in str(error) or 'no answer' in str(error)
            if not away or time.monotonic() > end:
                raise
            time.sleep(0.05)


def regions(server: TritonServer, wanted: int = -1) -> int:
    """Return how many pieces of memory the server shares, at the latest when it ought to."""
    # It gives memory back when it is done with a request, some time after the answer.
    end = time.monotonic() + 30
    client = server.client()
    while True:
        found = len(client.get_system_shared_memory_status().regions)
        if wanted in (-1, found) or time.monotonic() > end:
            return found
        time.sleep(0.01)


@pytest.fixture
def doubler(tmp_path: Path) -> Path:
    return tiny_models.doubler(tmp_path / 'doubler.onnx')


@pytest.mark.parametrize('shared_memory', ['off', 'on'])
def test_tiny_unet_gives_what_it_gives_here(
    open_on: Open,
    triton_server: TritonServer,
    random_numbers: np.random.Generator,
    shared_memory: str,
) -> None:
    frames = random_numbers.random((4, 1, 3, 240, 320), np.float32)
    before = regions(triton_server)
    with (
        open_backend(UNET, backend='onnxruntime', threads=1) as here,
        open_on('triton', UNET, shared_memory=shared_memory) as there,
    ):
        assert (there.inputs, there.outputs) == (here.inputs, here.outputs)
        # All results are held to the end: none may be written over.
        pairs = [(run(here, frame), run(there, frame)) for frame in frames]
        expected = before + (2 if shared_memory == 'on' else 0)
        assert regions(triton_server, expected) == expected
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)
    assert regions(triton_server, before) == before


def test_a_server_that_is_too_busy_is_asked_again_to_let_go(
    open_on: Open, triton_server: TritonServer, doubler: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tritonclient = pytest.importorskip('tritonclient.grpc')
    client = tritonclient.InferenceServerClient
    really, refused = client.unregister_system_shared_memory, list[str]()

    def first_too_late(self: Any, name: str, **more: Any) -> None:
        if name not in refused:
            refused.append(name)
            raise tritonclient.InferenceServerException('late', 'StatusCode.DEADLINE_EXCEEDED')
        really(self, name, **more)

    before = regions(triton_server)
    with open_on('triton', doubler) as network:
        run(network, np.ones((1, 2), np.float32))
        assert regions(triton_server, before + 2) == before + 2
        monkeypatch.setattr(client, 'unregister_system_shared_memory', first_too_late)
    assert len(refused) == 2
    assert regions(triton_server, before) == before


def test_the_memory_follows_the_shape(
    open_on: Open, triton_server: TritonServer, doubler: Path
) -> None:
    before = regions(triton_server)
    with open_on('triton', doubler) as network:
        for batch in (1, 1, 3, 3, 2, 1, 1):
            array = np.arange(2 * batch, dtype=np.float32).reshape(batch, 2)
            np.testing.assert_array_equal(run(network, array), array * 2)
            assert regions(triton_server, before + 2) == before + 2


def test_memory_that_the_server_does_not_see_is_done_without(
    open_on: Open,
    doubler: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr('isaac_seg_py.infer.triton_exchange._Room.key', '/not_there')
    said: list[str] = []
    with open_on('triton', doubler, say=said.append) as network:
        for _ in range(3):
            assert run(network, np.ones((1, 2), np.float32)).tolist() == [[2, 2]]
    assert len(said) == 1
    assert 'over the network' in said[0]
    with (
        open_on('triton', doubler, shared_memory='on') as network,
        pytest.raises(BackendError, match='shared_memory is on'),
    ):
        run(network, np.ones((1, 2), np.float32))


def test_frames_pass_again_when_the_server_is_back(
    open_on: Open, triton_server: TritonServer, doubler: Path
) -> None:
    array = np.ones((1, 2), np.float32)
    with open_on('triton', doubler) as network:
        assert [run(network, array).tolist() for _ in range(3)] == [[[2, 2]]] * 3
        triton_server.stop()
        try:
            for _ in range(3):
                with pytest.raises(BackendError, match=triton_server.url):
                    run(network, array)
        finally:
            triton_server.start()
        assert until_it_answers(network, array).tolist() == [[2, 2]]
        assert run(network, array).tolist() == [[2, 2]]
        assert regions(triton_server, 2) == 2


def test_another_model_of_the_same_name_is_an_error(
    open_on: Open, triton_server: TritonServer, tmp_path: Path, doubler: Path
) -> None:
    array = np.ones((1, 2), np.float32)
    triton_server.add(doubler, 'fickle')
    where = {'backend': 'triton', 'server_url': triton_server.url}
    with open_backend(Path('fickle.onnx'), **where) as network:
        assert run(network, array).tolist() == [[2, 2]]
        triton_server.stop()
        with pytest.raises(BackendError):
            run(network, array)
        triton_server.replace('fickle', tiny_models.highest_class(tmp_path / 'other.onnx'))
        triton_server.start()
        with pytest.raises(BackendError, match=r'model fickle .* has changed: it takes image'):
            until_it_answers(network, array)


def test_versions_are_told_apart(
    triton_server: TritonServer, tmp_path: Path, doubler: Path
) -> None:
    triton_server.add(doubler, 'twice', '1')
    triton_server.add(tiny_models.negative(tmp_path / 'negative.onnx'), 'twice', '3')
    place = {'backend': 'triton', 'server_url': triton_server.url}
    found = {}
    for version in ('1', '3', ''):
        with open_backend(Path('twice.onnx'), model_version=version, **place) as network:
            found[version] = run(network, np.ones((1, 2), np.float32)).tolist()
    assert found == {'1': [[2, 2]], '3': [[-1, -1]], '': [[-1, -1]]}
    with pytest.raises(
        ModelError, match=r'no model twice version 2 that is ready; it has .*twice'
    ):
        open_backend(Path('twice.onnx'), model_version='2', server_timeout=0.0, **place)


def test_a_frame_that_takes_too_long_is_dropped(open_on: Open) -> None:
    array = np.zeros((1, 3, 240, 320), np.float32)
    with (
        open_on('triton', UNET, request_timeout=0.001) as network,
        pytest.raises(BackendError, match='no answer in time'),
    ):
        run(network, array)


def test_a_manifest_is_enough(triton_server: TritonServer) -> None:
    triton_server.add(UNET, 'tiny_unet')
    config = InferConfig(model='tiny-unet', backend='triton', server_url=triton_server.url)
    with open_configured(config) as network:
        assert [spec.name for spec in network.outputs] == ['scores']
        assert network.choice == 'triton, as asked for'
    image = make_scene(830_000).image
    with (
        Segmenter.open('tiny-unet', backend='triton', server_url=triton_server.url) as there,
        Segmenter.open('tiny-unet', backend='onnxruntime') as here,
    ):
        np.testing.assert_array_equal(there(image).labels, here(image).labels)


def test_an_unknown_model_is_named_with_those_that_are_there(
    triton_server: TritonServer, doubler: Path
) -> None:
    triton_server.add(doubler, 'known_model')
    with pytest.raises(ModelError, match=r'no model doubler that is ready; it has .*known_model'):
        open_backend(doubler, backend='triton', server_url=triton_server.url, server_timeout=0.0)


def test_no_server_is_said_in_one_line() -> None:
    pytest.importorskip('tritonclient', reason='tritonclient is not installed')
    with pytest.raises(
        BackendUnavailable, match=r'no Triton server answers at 127\.0\.0\.1:9'
    ) as caught:
        open_backend(
            Path('n.onnx'), backend='triton', server_url='127.0.0.1:9', server_timeout=0.2
        )
    assert '\n' not in str(caught.value)


def test_an_address_of_http_is_refused() -> None:
    with pytest.raises(ConfigError, match='host:port of the gRPC service'):
        open_backend(Path('n.onnx'), backend='triton', server_url='http://localhost:8000')


def test_without_the_client_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'tritonclient.grpc', None)
    with pytest.raises(BackendUnavailable, match=r"pip install 'tritonclient\[grpc\]'"):
        open_backend(Path('n.onnx'), backend='triton')


@pytest.mark.parametrize(
    ('url', 'here'),
    [
        ('localhost:8001', True),
        ('127.0.0.1:8001', True),
        ('[::1]:8001', True),
        ('unix:/run/triton.sock', True),
        ('robot.example:8001', False),
        ('192.168.1.7:8001', False),
    ],
)
def test_only_this_host_shares_memory(url: str, here: bool) -> None:
    assert is_this_host(url) is here
