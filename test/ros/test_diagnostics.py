"""Every node says on /diagnostics how it fares, and why nothing comes out."""

from __future__ import annotations

from collections.abc import Callable
import gc
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from isaac_seg_py.ros.composition import Composition
from isaac_seg_py.ros.lookout import LISTENERS
import pytest
from watched_graph import Camera, message, picture

pytestmark = pytest.mark.ros


class Listener:
    """Keeps the last word of each node."""

    def __init__(self, node: Any) -> None:
        """Subscribe."""
        self.last: dict[str, DiagnosticStatus] = {}
        node.create_subscription(DiagnosticArray, '/diagnostics', self._take, 50)

    def _take(self, array: DiagnosticArray) -> None:
        assert array.header.stamp.sec > 0
        self.last |= {status.name: status for status in array.status}

    def says(self, node: str, level: bytes, text: str) -> bool:
        """Say whether that was the last word."""
        status = self.last.get(node)
        return status is not None and status.level == level and text in status.message

    def values(self, node: str) -> dict[str, str]:
        """Return the values."""
        return {pair.key: pair.value for pair in self.last[node].values}


def test_rates_drops_and_the_library_are_told(
    start: Callable[..., Composition], camera: Camera, outside: Any
) -> None:
    listener = Listener(outside)
    start(overlay='false')
    for number in range(5):
        camera.images.publish(message(picture(), number))
        camera.until(lambda n=number: len(camera.masks) == n + 1)
    camera.until(lambda: len(listener.last) == 3, 'word of three nodes')
    encoder, network = '/dnn_image_encoder_node', '/tensor_rt_node'
    camera.until(lambda: listener.values(encoder).get('frames done') == '5', 'five frames')
    assert float(listener.values(encoder)['latency p50 (ms)']) > 0
    assert 'onnxruntime' in listener.values(network)['backend']
    broken = message(picture(), 9)
    broken.step = 10

    def warned() -> bool:
        camera.images.publish(broken)
        return listener.says(encoder, DiagnosticStatus.WARN, 'frames dropped: ImageError')

    camera.until(warned, 'a warning')
    assert int(listener.values(encoder)['dropped: ImageError']) >= 1
    assert 'step is 10 bytes' in listener.last[encoder].message


def test_what_is_waited_for_is_named(
    start: Callable[..., Composition], camera: Camera, outside: Any
) -> None:
    listener = Listener(outside)
    start(overlay='false', use_camera_info='true')
    encoder = '/dnn_image_encoder_node'

    def sent() -> bool:
        camera.images.publish(message(picture(), 1))
        return listener.says(encoder, DiagnosticStatus.STALE, 'on /camera_info')

    camera.until(sent, 'word of the camera_info that is missing')
    # The images do come: only the other topic is named.
    assert listener.last[encoder].message == 'waiting for messages on /camera_info'


def test_nobody_who_listens_and_what_stopped_are_told(
    start: Callable[..., Composition], camera: Camera, outside: Any
) -> None:
    listener = Listener(outside)
    graph = start(overlay='false')
    decoder, network = '/unet_decoder_node', '/tensor_rt_node'

    def words(node: str, level: bytes, text: str) -> Callable[[], bool]:
        def said() -> bool:
            camera.images.publish(message(picture(), 1))
            # The pace of a camera: on a busy machine some of what comes faster is dropped.
            time.sleep(0.05)
            return listener.says(node, level, text)

        return said

    come = words(decoder, DiagnosticStatus.OK, 'frames come through')
    # The first word may be of a time before the first frame.
    camera.until(lambda: come() and float(listener.values(decoder)['rate in (Hz)']) > 0, 'frames')
    assert listener.values(decoder)['frames waiting'].isdecimal()
    for subscription in list(camera.node.subscriptions):
        camera.node.destroy_subscription(subscription)
    camera.until(
        words(decoder, DiagnosticStatus.OK, 'no subscriber of /unet/raw_segmentation_mask'),
        'word that nobody listens',
    )
    heard = graph[network.strip('/')].diagnostics._heard
    camera.until(lambda: len(heard) == 1, 'what was heard')
    assert graph[network.strip('/')].trigger_deactivate().name == 'SUCCESS'
    camera.until(words(network, DiagnosticStatus.STALE, 'inactive: `ros2 lifecycle'), 'a pause')
    gc.collect()
    assert not heard, 'a subscription that is gone is kept'


def test_nothing_wakes_the_executor_while_no_frame_comes_and_nobody_listens(
    start: Callable[..., Composition],
) -> None:
    graph = start()
    assert not [timer for node in graph.nodes.values() for timer in node.timers]


def test_a_busy_executor_has_one_word_to_say_and_none_after_the_end(
    start: Callable[..., Composition], camera: Camera, outside: Any, monkeypatch: Any
) -> None:
    listener = Listener(outside)
    graph = start(overlay='false')
    node = graph['tensor_rt_node']
    camera.until(lambda: len(listener.last) == 3, 'word of three nodes')
    LISTENERS.remove(node.diagnostics)
    words: list[Any] = []
    monkeypatch.setattr(node.diagnostics, 'say', lambda *word: words.append(word))
    free, last = threading.Event(), threading.Event()
    node.executor.create_task(free.wait, 30)
    for _ in range(5):
        node.diagnostics.look_around()
    node.executor.create_task(last.set)
    free.set()
    assert last.wait(30)
    assert len(words) == 1
    graph.close()
    node.diagnostics.look_around()
