"""What an engine is built for is checked before anything is built."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.errors import ConfigError
from isaac_seg_py.infer.engine_options import EngineOptions, parse_profile
import pytest

SMALL, USUAL, LARGE = (1, 3, 32, 32), (1, 3, 64, 64), (2, 3, 128, 128)


@pytest.mark.parametrize(
    ('given', 'said'),
    [
        ({'precision': 'fp12'}, "precision is 'fp12'; it must be one of fp32, tf32, fp16, bf16"),
        ({'workspace_bytes': -1}, 'workspace_bytes is -1'),
        ({'dla_core': -2}, 'dla_core is -2'),
        ({'compute_capabilities': ('sm_89',)}, "compute capability 'sm_89' is not like 8.9"),
        ({'plugin_libraries': (Path('/none.so'),)}, "'/none.so' does not exist"),
        ({'int8_calibration_cache': Path('/none.cache')}, "'/none.cache' does not exist"),
        ({'profiles': {'x': (SMALL, USUAL)}}, 'smallest, usual and largest'),
        ({'profiles': {'x': (SMALL, USUAL, (1, 3))}}, 'the same number of axes'),
        ({'profiles': {'x': (LARGE, USUAL, SMALL)}}, 'no axis may shrink'),
    ],
)
def test_a_wrong_option_is_named(given: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        EngineOptions(**given)


def test_shapes_are_read_from_a_word() -> None:
    assert parse_profile('image=1x3x32x32') == ('image', (SMALL, SMALL, SMALL))
    text = 'images=0=1x3x32x32:1x3x64x64:2x3x128x128'
    assert parse_profile(text) == ('images=0', (SMALL, USUAL, LARGE))


@pytest.mark.parametrize('text', ['1x3', 'x=', 'x=1x', 'x=1x3:1x3', '=1x3', 'x=1x-3', 'x=1,3'])
def test_a_word_that_is_no_shape_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match='is not understood'):
        parse_profile(text)


def test_the_key_tells_options_apart_and_files_by_content(tmp_path: Path) -> None:
    cache = tmp_path / 'int8.cache'
    cache.write_text('ranges')
    plain = EngineOptions()
    others = [
        EngineOptions(precision='bf16'),
        EngineOptions(profiles={'x': (SMALL, USUAL, LARGE)}),
        EngineOptions(workspace_bytes=1),
        EngineOptions(compute_capabilities=('8.9',)),
        EngineOptions(keep_fp32=('Softmax',)),
        EngineOptions(int8_calibration_cache=cache),
    ]
    assert all(other.key() != plain.key() for other in others)
    before = others[-1].key()
    cache.write_text('other ranges')
    assert others[-1].key() != before
    # Timings change how long a build takes, not what comes out of it.
    assert EngineOptions(timing_cache=tmp_path / 'timings').key() == plain.key()
