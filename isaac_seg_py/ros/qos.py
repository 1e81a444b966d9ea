"""Quality of service, by the words that Isaac ROS uses."""

from __future__ import annotations

from typing import Any, Final

from rclpy.qos import (
    QoSPresetProfiles,
    QoSProfile,
)

from ..errors import ConfigError
from ..settings import setting

_PRESETS: Final = {
    'SYSTEM_DEFAULT': QoSPresetProfiles.SYSTEM_DEFAULT,
    'DEFAULT': None,
    'PARAMETER_EVENTS': QoSPresetProfiles.PARAMETER_EVENTS,
    'SERVICES_DEFAULT': QoSPresetProfiles.SERVICES_DEFAULT,
    'PARAMETERS': QoSPresetProfiles.PARAMETERS,
    'SENSOR_DATA': QoSPresetProfiles.SENSOR_DATA,
}


def qos_setting(what: str, default: str = 'DEFAULT') -> Any:
    """Declare the setting that names the quality of service of a topic."""
    return setting(default, f'Quality of service of the {what}: {", ".join(_PRESETS)}.')


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
    if depth:
        profile.depth = depth
    return profile
