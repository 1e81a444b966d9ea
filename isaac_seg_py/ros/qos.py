"""Quality of service, by the words that Isaac ROS uses, and AUTO."""

from __future__ import annotations

from typing import Any, Final

from rclpy.node import Node
from rclpy.qos import QoSPresetProfiles, QoSProfile, ReliabilityPolicy

from ..errors import ConfigError
from ..settings import setting

_PRESETS: Final = {
    'AUTO': None,
    'SYSTEM_DEFAULT': QoSPresetProfiles.SYSTEM_DEFAULT,
    'DEFAULT': None,
    'PARAMETER_EVENTS': QoSPresetProfiles.PARAMETER_EVENTS,
    'SERVICES_DEFAULT': QoSPresetProfiles.SERVICES_DEFAULT,
    'PARAMETERS': QoSPresetProfiles.PARAMETERS,
    'SENSOR_DATA': QoSPresetProfiles.SENSOR_DATA,
}

# Requests that come at once all wait for their answer; of a service's usual ten the others are
# lost, and nobody is told.
REQUESTS: Final = QoSProfile(depth=1000)


def qos_setting(what: str, default: str = 'DEFAULT') -> Any:
    """Declare the setting that names the quality of service of a topic."""
    return setting(default, f'Quality of service of the {what}: {", ".join(_PRESETS)}.')


def input_qos_setting(what: str) -> Any:
    """Declare the setting of a topic that is listened to: reliable wherever that can be had."""
    return setting(
        'AUTO',
        f'Quality of service of the {what}: {", ".join(_PRESETS)}. AUTO: reliable, or best effort '
        'where a publisher offers no more.',
    )


def depth_setting(what: str, default: int = 0) -> Any:
    """Declare the setting that holds the history depth of a topic."""
    return setting(
        default, f'History depth of the {what}. 0: that of the profile.', low=0, high=10000
    )


def find_qos(word: str, depth: int = 0) -> QoSProfile:
    """Return the profile of that name, in any case; a depth other than 0 takes its place."""
    if word.upper() not in _PRESETS:
        raise ConfigError(
            f'quality of service is {word!r}; it must be one of {", ".join(_PRESETS)}'
        )
    preset = _PRESETS[word.upper()]
    profile = QoSProfile(depth=10)
    if preset is not None:
        given = preset.value
        profile = QoSProfile(
            depth=given.depth,
            history=given.history,
            reliability=given.reliability,
            durability=given.durability,
        )
    if word.upper() == 'AUTO':
        profile.reliability = ReliabilityPolicy.BEST_AVAILABLE
    if depth:
        profile.depth = depth
    return profile


def suited_qos(qos: QoSProfile, node: Node, topic: str) -> QoSProfile:
    """Return the profile to listen with now: that of AUTO depends on who publishes."""
    if qos.reliability is not ReliabilityPolicy.BEST_AVAILABLE:
        return qos
    offered = [i.qos_profile.reliability for i in node.get_publishers_info_by_topic(topic)]
    best_effort = ReliabilityPolicy.BEST_EFFORT in offered
    return QoSProfile(
        depth=qos.depth,
        reliability=ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE,
    )
