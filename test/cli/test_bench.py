"""`isaac-seg bench` measures real graphs by each transport."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys
from typing import Any

import cv2
from isaac_seg_py.cli.main import main
from isaac_seg_py.cli.measuring.subjects import Asked
from isaac_seg_py.errors import ConfigError
import numpy as np
import pytest

SHORT = ['--rate', '10', '--seconds', '0.6', '--size', '240x320']


def bench(tmp_path: Path, *words: str) -> dict[str, Any]:
    """Run the verb as a user does; return its file."""
    file = tmp_path / 'figures.json'
    done = subprocess.run(
        [sys.executable, '-m', 'isaac_seg_py', 'bench', *words, *SHORT, '--json', str(file)],
        capture_output=True, text=True, timeout=150,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    content: dict[str, Any] = json.loads(file.read_text())
    return content


def check(content: dict[str, Any]) -> None:
    """Look at what each file must hold."""
    strict = content['strict']['10.0fps']
    assert strict['frames'] == 6
    # A busy machine loses images of this rate, and both ways to count say how many.
    assert 0 < strict['results'] <= 6
    assert 0 < strict['latency_ms']['p50'] < 5000
    assert 0 < sum(strict['cpu_s_per_frame'].values()) < 2
    plain = content['10.0fps']
    assert plain['BasicPerformanceMetrics.NUM_FRAMES_SENT'] == 6
    assert plain['BasicPerformanceMetrics.NUM_MISSED_FRAMES'] == 6 - strict['results']


def test_a_pipeline_in_the_process(tmp_path: Path) -> None:
    plot = tmp_path / 'plot.png'
    content = bench(tmp_path, 'unet', '--transport', 'inproc', '--plot', str(plot))
    check(content)
    assert content['strict']['10.0fps']['copies'] == 'none'
    assert content['metadata']['BenchmarkMetadata.MODEL'] == 'tiny-unet'
    picture = cv2.imread(str(plot))
    assert picture is not None and np.unique(picture.reshape(-1, 3), axis=0).shape[0] > 20


def test_a_network_that_does_nothing_and_the_search_for_the_peak(tmp_path: Path) -> None:
    content = bench(
        tmp_path, 'unet', 'model:=identity', '--transport', 'inproc', '--peak', '--iterations', '1'
    )
    check(content)
    peak = content['metadata']['BenchmarkMetadata.PEAK_THROUGHPUT_PREDICTION']
    # What the search finds is tested on a known subject; a busy machine may find nothing.
    assert len(content['strict']['peak']) == (peak > 0)
    assert ('BasicPerformanceMetrics.MEAN_FRAME_RATE' in content) == (peak > 0)


@pytest.mark.ros
@pytest.mark.parametrize('transport', ['composed', 'ros', 'ros-2'])
def test_nodes(transport: str, tmp_path: Path) -> None:
    content = bench(tmp_path, 'unet', '--transport', transport)
    check(content)
    processes = content['strict']['10.0fps']['cpu_s_per_frame']
    assert set(processes) == ({'graph'} if transport == 'ros-2' else {'isaac-seg'})


@pytest.mark.ros
def test_the_graph_of_one_node(tmp_path: Path) -> None:
    check(bench(tmp_path, 'segnet', '--transport', 'composed'))


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['inference'], 'cannot be measured yet'),
        (['unet', 'colour:=red'], 'no argument'),
        (['unet', '--rate', '0'], '0.1 to 10000'),
        (['unet', '--seconds', '-1'], '0.2 to 3600'),
        (['unet', '--iterations', '0'], '1 to 100'),
        (['unet', 'alpha:=0.3'], 'without nodes'),
    ],
)
def test_wrong_words_are_told(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['bench', *words]) == 2
    assert said in capsys.readouterr().err


def test_the_overlay_is_not_made_unless_it_is_asked_for(tmp_path: Path) -> None:
    plugins = [spec.plugin for spec in Asked.read('unet', {}, tmp_path).nodes]
    assert 'AlphaBlendNode' not in plugins
    asked = Asked.read('unet', {'overlay': 'true'}, tmp_path)
    assert 'AlphaBlendNode' in [spec.plugin for spec in asked.nodes]
    with pytest.raises(ConfigError, match='no graph'):
        Asked.read('unett', {}, tmp_path)
