"""Where everything of one environment lies: the interpreter and the ROS choose the folders."""

from __future__ import annotations

import dataclasses
from pathlib import Path
import sys

import ros_install
from ros_install import ROOT

PYTHON_VERSION = f'{sys.version_info.major}.{sys.version_info.minor}'
PYTHON_FOLDER = f'python{PYTHON_VERSION}'


@dataclasses.dataclass(frozen=True)
class Layout:
    """The folders of one environment, for one interpreter and one kind of ROS."""

    root: Path
    venv: Path
    ros: ros_install.RosInstall | None

    @property
    def tag(self) -> str:
        """Tell environments apart: ``3.12-jazzy``, or ``3.11-wheels`` without ROS."""
        return f'{PYTHON_VERSION}-{self.ros.distro if self.ros else "wheels"}'

    @property
    def python(self) -> Path:
        """The interpreter inside the virtual environment."""
        return self.venv / 'bin' / 'python'

    @property
    def site_packages(self) -> Path:
        """Where the virtual environment keeps Python packages."""
        return self.venv / 'lib' / PYTHON_FOLDER / 'site-packages'

    @property
    def build(self) -> Path:
        """Everything made here that is not a virtual environment."""
        return self.root / '.build'

    @property
    def logs(self) -> Path:
        """Full output of every step."""
        return self.build / 'logs' / self.tag

    @property
    def interfaces(self) -> Path:
        """Where the compiled message packages are installed."""
        return self.build / f'interfaces-{self.tag}'

    def describe(self) -> str:
        """Say in a few words what a command will run on."""
        ros = f'ROS 2 {self.ros.distro} of this machine' if self.ros else 'ROS 2 from wheels'
        return f'Python {PYTHON_VERSION} in {self.venv.name}, {ros}'


def find() -> Layout:
    """Choose the folders for this interpreter and the ROS that is sourced, if any."""
    ros = ros_install.find()
    first = ROOT / (f'.venv-{ros.distro}' if ros else '.venv')
    venv = first if _free_or_ours(first) else first.with_name(f'{first.name}-{PYTHON_VERSION}')
    return Layout(ROOT, venv, ros)


def _free_or_ours(venv: Path) -> bool:
    """Let the first interpreter have the short name, and keep it as long as it lives."""
    return (
        (venv / 'lib' / PYTHON_FOLDER).is_dir()
        or not (venv / 'pyvenv.cfg').exists()
        or not (venv / 'bin' / 'python').exists()
    )
