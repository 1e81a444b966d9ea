"""What goes wrong on a robot, one trouble at a time."""

from __future__ import annotations

from collections.abc import Callable
import random
from typing import Any

from geometry_msgs.msg import PointStamped
import numpy as np
from rclpy.parameter import Parameter

from .rig import detections_of, image_of, Rig

Trouble = Callable[[Rig, random.Random], None]


def bad_image(rig: Rig, chance: random.Random) -> None:
    """Send an image whose bytes do not fit, or of an encoding that nobody knows."""
    message = image_of(rig.pictures[0][0])
    if chance.random() < 0.5:
        message.encoding = 'strange'
    else:
        message.step = 7
    rig.send('image', message)


def another_size(rig: Rig, chance: random.Random) -> None:
    """Send an image of another size in mid-stream."""
    height, width = chance.choice([(120, 160), (241, 323), (96, 400)])
    rig.send('image', image_of(np.full((height, width, 3), chance.randrange(256), np.uint8)))


def burst(rig: Rig, chance: random.Random) -> None:
    """Send many images at once."""
    for number in range(chance.randrange(5, 25)):
        rig.send_picture(number)


def time_jumps_back(rig: Rig, chance: random.Random) -> None:
    """Let the stamps begin anew."""
    rig.jump_back()


def pause(rig: Rig, chance: random.Random) -> None:
    """Stop a node of the chain and let it go on; nothing is sent meanwhile."""
    node = chance.choice(rig.chain)
    rig.settle()
    _must(node.trigger_deactivate())
    rig.await_listeners(begin=False)
    _must(node.trigger_activate())
    rig.await_listeners()


def begin_anew(rig: Rig, chance: random.Random) -> None:
    """Take the whole chain down, give everything back, and set it up again."""
    rig.settle()
    for node in rig.chain:
        _must(node.trigger_deactivate())
        _must(node.trigger_cleanup())
    rig.await_listeners(begin=False)
    for node in rig.chain:
        _must(node.trigger_configure())
        _must(node.trigger_activate())
    rig.await_listeners()


def change_a_setting(rig: Rig, chance: random.Random) -> None:
    """Change a setting while images flow, and try one that is refused."""
    node = rig.chain[-1]
    if node.has_parameter('color_palette'):
        palette = [chance.randrange(1 << 24) for _ in range(7)]
        node.set_parameters([Parameter('color_palette', value=palette)])
    limited = next(
        name
        for name in ('input_qos_depth', 'max_prompts', 'prompt_queue_size')
        if node.has_parameter(name)
    )
    refused = node.set_parameters([Parameter(limited, value=-3)])[0]
    assert not refused.successful


def bad_prompts(rig: Rig, chance: random.Random) -> None:
    """Click beside the image, and send boxes that are none."""
    if not rig.is_prompted:
        return
    click = PointStamped()
    click.point.x, click.point.y = chance.choice([(-5.0, 3.0), (1e9, 2.0), (float('nan'), 0.0)])
    rig.send('point', click)
    rig.send('prompts', detections_of([(9, 9, 2, 2), (0, 0, 0, 0), (5e8, 0, 6e8, 9)]))


def click(rig: Rig, chance: random.Random) -> None:
    """Click on the newest image."""
    if not rig.is_prompted:
        return
    message = PointStamped()
    message.point.x, message.point.y = chance.uniform(0, 319), chance.uniform(0, 239)
    rig.send('point', message)


def ask(rig: Rig, chance: random.Random) -> None:
    """Ask by each service for what makes sense, and for what does not."""
    rig.asker.ask(rig.pictures[0][1], chance)


TROUBLES: tuple[Trouble, ...] = (
    bad_image, another_size, burst, time_jumps_back, pause, begin_anew, change_a_setting,
    bad_prompts, click, ask,
)  # fmt: skip


def _must(result: Any) -> None:
    if result.name != 'SUCCESS':
        raise RuntimeError(f'a transition of the life cycle ended with {result.name}')
