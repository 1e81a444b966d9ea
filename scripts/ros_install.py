"""A sourced ROS 2 installation: is there one, and what does it lack."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
from pathlib import Path
import subprocess
import sys

from console import SetupError

ROOT = Path(__file__).resolve().parent.parent


@dataclasses.dataclass(frozen=True)
class RosInstall:
    """ROS 2 as its setup file put it into this shell."""

    distro: str
    prefixes: tuple[Path, ...]

    def has_package(self, name: str) -> bool:
        """Look a package up in the ament index."""
        marker = Path('share', 'ament_index', 'resource_index', 'packages', name)
        return any((prefix / marker).exists() for prefix in self.prefixes)

    def check(self) -> None:
        """Make sure that this interpreter can import the rclpy of the installation."""
        result = subprocess.run(
            [sys.executable, '-c', 'import rclpy'], capture_output=True, text=True, check=False
        )
        if result.returncode:
            reason = (result.stderr.strip().splitlines() or ['no reason given'])[-1]
            raise SetupError(
                f'ROS 2 {self.distro} is sourced, but Python {sys.version.split()[0]} cannot '
                f'import its rclpy ({reason})\n'
                '  type: PYTHON=/usr/bin/python3 make test   to use the Python ROS was made for\n'
                '    or: env -u ROS_DISTRO make test         to use ROS 2 from wheels instead'
            )


def find() -> RosInstall | None:
    """Return the sourced installation; None when there is none, or none with rclpy."""
    distro = os.environ.get('ROS_DISTRO', '')
    named = [Path(part) for part in os.environ.get('AMENT_PREFIX_PATH', '').split(':') if part]
    # Inside an environment made here, the search path names folders of this repository too.
    prefixes = tuple(prefix for prefix in named if ROOT not in prefix.parents)
    if not distro or not prefixes or importlib.util.find_spec('rclpy') is None:
        return None
    return RosInstall(distro, prefixes)
