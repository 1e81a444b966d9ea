"""One version number, wherever it is written."""

from __future__ import annotations

from collections.abc import Callable
import importlib.metadata
from pathlib import Path
import re
from xml.etree import ElementTree

import isaac_seg_py
import pytest

ROOT = Path(__file__).resolve().parent.parent


def version_in_setup_py() -> str | None:
    found = re.search(r"^    version='(.+)',$", (ROOT / 'setup.py').read_text(), re.MULTILINE)
    return found and found[1]


def version_in_package_xml() -> str | None:
    return ElementTree.parse(ROOT / 'package.xml').findtext('version')


def version_on_top_of_the_changelog() -> str | None:
    text = (ROOT / 'CHANGELOG.rst').read_text()
    found = re.search(r'^(\d+\.\d+\.\d+)( \(.+\))?\n-+$', text, re.MULTILINE)
    return found and found[1]


def version_of_the_installation() -> str:
    return importlib.metadata.version('isaac_seg_py')


@pytest.mark.parametrize(
    'find',
    [
        version_in_setup_py,
        version_in_package_xml,
        version_on_top_of_the_changelog,
        version_of_the_installation,
    ],
)
def test_every_place_names_the_same_version(find: Callable[[], str | None]) -> None:
    assert find() == isaac_seg_py.__version__


def test_package_xml_and_the_interfaces_carry_the_same_version() -> None:
    versions = {
        path.parent.name: ElementTree.parse(path).findtext('version')
        for path in ROOT.glob('interfaces/*/package.xml')
    }
    assert len(versions) == 5
    assert set(versions.values()) == {isaac_seg_py.__version__}


def test_every_node_file_is_offered_as_a_plugin_and_as_a_command() -> None:
    files = {path.stem for path in ROOT.glob('isaac_seg_py/ros/nodes/*.py')} - {'__init__'}
    for group in ('rclpy_components', 'console_scripts'):
        entries = importlib.metadata.entry_points(group=group)
        offered = {e.module.rpartition('.')[2] for e in entries if '.ros.nodes.' in e.module}
        assert offered == files, group
