"""What cannot be made is refused, with the reason and the remedy."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.errors import ConfigError
from isaac_seg_py.scenes import make_scene, make_video, stream_video
import pytest

BAD_SCENES: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
    ((-1,), {}, 'seed is -1'),
    ((1.5,), {}, 'seed is 1.5'),
    ((True,), {}, 'seed is True'),
    ((1, (480,)), {}, r'size is \(480,\)'),
    ((1, 480), {}, 'size is 480'),
    ((1, (31, 640)), {}, 'height is 31; .* from 32'),
    ((1, (480, 9000)), {}, 'width is 9000; .* to 8192'),
    ((1, (480, 64.0)), {}, 'width is 64.0'),
    ((1,), {'objects': -1}, 'objects is -1'),
    ((1,), {'objects': 65}, 'objects is 65; .* to 64'),
]


@pytest.mark.parametrize(('arguments', 'named', 'text'), BAD_SCENES)
def test_a_bad_request_is_named(arguments: Any, named: Any, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        make_scene(*arguments, **named)
    with pytest.raises(ConfigError, match=text):
        make_video(arguments[0], 1, *arguments[1:], **named)


def test_a_stream_is_refused_when_it_is_asked_for_not_at_its_first_frame() -> None:
    with pytest.raises(ConfigError, match='height is 8'):
        stream_video(1, (8, 8))


@pytest.mark.parametrize('frames', [-1, 2.0, True])
def test_a_bad_number_of_frames_is_named(frames: Any) -> None:
    with pytest.raises(ConfigError, match='frames is'):
        make_video(1, frames)


def test_a_video_of_no_frames_is_empty() -> None:
    assert make_video(1, 0) == []
