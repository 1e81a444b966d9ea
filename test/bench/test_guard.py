"""
What must stay fast, as ratios within one run and counts: a busy machine slows both sides alike.

Times are those of the processor, not of the wall, where one thread does the work.
"""

from __future__ import annotations

from isaac_seg_py.images import RawImage
import numpy as np
import pytest
from stage_costs import cpu_ratio

pytestmark = pytest.mark.alone


@pytest.mark.ros
def test_a_hop_by_the_exchange_is_much_cheaper_than_over_the_middleware() -> None:
    from isaac_seg_py.progress import Progress

    from bench.hop import measure

    with Progress('hop', 160) as bar:
        middleware = np.median(measure(False, bar, 60))
        exchange = np.median(measure(True, bar, 60))
    # Measured: 38 to 110 times. Handing over by reference cannot come near a serialised message.
    assert middleware >= 8 * exchange


@pytest.mark.ros
def test_the_pixels_of_a_message_are_taken_as_they_are_and_not_copied() -> None:
    from isaac_seg_py.ros.conversions import image_to_message
    from std_msgs.msg import Header

    pixels = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    image = RawImage.from_array(pixels, 'rgb8')
    message = image_to_message(Header(), image)
    assert np.shares_memory(np.frombuffer(message.data, np.uint8), pixels)
    # One copy of the pixels takes 30 times as long as making the message; the setter that checks
    # each byte takes 100,000 times.
    assert cpu_ratio(lambda: image_to_message(Header(), image), pixels.tobytes) <= 2


@pytest.mark.ros
def test_a_message_is_viewed_and_not_copied() -> None:
    from isaac_seg_py.ros.conversions import IMAGE, image_to_message
    from std_msgs.msg import Header

    pixels = np.zeros((720, 1280, 3), np.uint8)
    message = image_to_message(Header(), RawImage.from_array(pixels, 'rgb8'))
    assert np.shares_memory(IMAGE.from_message(message).data, pixels)


def test_no_line_of_the_suite_gives_an_array_to_the_setter_of_a_message() -> None:
    """The generated setter looks at each byte of an array: 328 ms for one image."""
    import ast
    from pathlib import Path

    import isaac_seg_py

    files = sorted((Path(isaac_seg_py.__file__).parent / 'ros').rglob('*.py'))
    found = []
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding='utf-8'))):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(one, ast.Attribute) and one.attr == 'data' for one in targets):
                found.append(f'{file.name}:{node.lineno}')
    # The one place where the slow way is right: an installation that takes no buffer.
    assert [place for place in found if not place.startswith('fast_data.py')] == []
