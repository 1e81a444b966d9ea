"""`isaac-seg run`: real nodes in a process of their own, and what a person hears of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
import re
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from family_networks import by_channel
from isaac_seg_py.cli.main import main
from onnx import helper, TensorProto
import pytest
from tiny_models import write_model

pytest.importorskip('rclpy', reason='rclpy is not installed; make test installs it')
pytestmark = pytest.mark.ros
ROOT = Path(__file__).parent.parent.parent


class Running:
    """A command that runs, with what it has said."""

    def __init__(self, *words: str) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'isaac_seg_py', 'run', *words],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.said = ''
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, text: str, seconds: float = 60) -> None:
        """Wait until it has said something."""
        with self._news:
            there = self._news.wait_for(lambda: text in self.said, seconds)
        assert there, f'{text!r} was not said in {seconds} s, but: {self.said}'

    def interrupt(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        self._reader.join(60)
        return code

    def end(self) -> None:
        """Kill what still runs."""
        self.process.kill()
        self.process.wait(60)
        self._reader.join(60)

    def _read(self) -> None:
        assert self.process.stderr
        with self.process.stderr as lines:
            for line in lines:
                with self._news:
                    self.said += line
                    self._news.notify_all()


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Give a function that starts a graph, which is ended with the test."""
    made: list[Running] = []

    def begin(*words: str) -> Running:
        made.append(Running(*words))
        return made[-1]

    yield begin
    for running in made:
        running.end()


@pytest.mark.slow
def test_a_graph_tells_its_topics_and_its_rates(start: Callable[..., Running]) -> None:
    # Options stand between the arguments, and namespace is one of both.
    running = start('unet', '--params-file', 'config/unet.yaml', 'source:=scene', '--stats',
                    'namespace:=/front', 'rate:=20')  # fmt: skip
    running.wait_for('/front/segmentation_image_overlay')
    topics = dict(re.findall(r'^isaac-seg:   (\S+) +of (\S+)$', running.said, re.MULTILINE))
    assert topics['/front/image'] == 'scene_publisher_node'
    assert topics['/front/unet/raw_segmentation_mask'] == 'unet_decoder_node'
    assert not {'/parameter_events', '/rosout'} & set(topics)
    running.wait_for('unet_decoder_node', 60)
    running.wait_for('/s, alpha_blend_node')
    assert running.interrupt() == 0
    assert 'waiting for images' not in running.said
    rates = r'isaac-seg: in all, \d+ s: .*unet_decoder_node (?!0\.0/)\d+\.\d/s'
    assert re.search(rates, running.said), running.said


def test_a_graph_without_a_camera_says_what_it_waits_for(start: Callable[..., Running]) -> None:
    running = start('unet', 'image:=/camera/picture')
    running.wait_for('isaac-seg: waiting for images on /camera/picture: none has come yet')
    assert running.interrupt() == 0
    assert 'in all' not in running.said, 'rates are for a terminal, or for --stats'
    assert 'Traceback' not in running.said


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['--namespace', 'bad-name!'], "the namespace is 'bad-name!'; letters, digits and _"),
        (['namespace:=1st'], "the namespace is '1st'"),
        (['image:=bad-name!'], 'the nodes cannot be made'),
        (['threads:=-3'], 'threads is -3; it must be 0 to 1024'),
        (['threads:=20000'], 'threads is 20000; it must be 0 to 1024'),
        (['source:=scene', 'rate:=-1'], 'rate is -1.0; it must be 0 to 1000'),
    ],
)
def test_what_cannot_run_is_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['run', 'unet', *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith('isaac-seg: error: ')
    assert error.count('\n') == 1
    assert said in error


def test_a_network_that_cannot_be_read_is_refused_before_it_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bools, free = tmp_path / 'bools.onnx', by_channel(tmp_path / 'free.onnx', shape=(1, 3, 'h', 8))
    image = helper.make_tensor_value_info('x', TensorProto.FLOAT, [1, 3, 8, 8])
    answer = helper.make_tensor_value_info('y', TensorProto.BOOL, [1, 3, 8, 8])
    write_model(bools, [helper.make_node('IsNaN', ['x'], ['y'])], [image], [answer])
    for path, said in (
        (bools, 'output y has several channels of bool'),
        (free, 'isaac-seg run and ros2 launch: network_image_height:=N)'),
    ):
        for name in ('model', 'model_file_path'):
            assert main(['run', 'unet', f'{name}:={path}']) == 2
            assert said in capsys.readouterr().err


def test_the_words_for_quality_of_service_are_told(capsys: Any) -> None:
    from isaac_seg_py.ros import qos

    assert main(['run', 'unet', '--show-args']) == 0
    line = next(li for li in capsys.readouterr().out.splitlines() if 'input_qos:=' in li)
    assert all(word in line for word in qos._PRESETS)


def test_the_limits_of_the_demo_are_those_of_its_camera() -> None:
    from isaac_seg_py.cli import demo
    from isaac_seg_py.ros.picture_source import SLOWEST, SourceConfig
    from isaac_seg_py.settings import settings_of

    rate = settings_of(SourceConfig)['rate']
    assert (SLOWEST, rate.high) == demo._RATES


@pytest.mark.parametrize('after_s', [0.5, 1.2, 1.8])
def test_a_signal_before_the_graph_stands_ends_it_quietly(after_s: float) -> None:
    running = Running('unet', 'source:=scene')
    try:
        time.sleep(after_s)
        code = running.interrupt()
    finally:
        running.end()
    assert code in (0, 128 + signal.SIGINT, -signal.SIGINT)
    assert 'Error' not in running.said.replace('KeyboardInterrupt', '')
    assert 'cannot be made' not in running.said
