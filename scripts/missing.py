"""Which of the listed packages a sourced ROS installation and its system Python lack."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess

from layout import Layout

# Packages of the system that carry no metadata, or another name than the wheel.
_MODULES = {'opencv-python-headless': 'cv2', 'lark-parser': 'lark', 'empy': 'em'}

_PROBE = """
import importlib.metadata, importlib.util, json, sys
def there(name, module):
    if module:
        return importlib.util.find_spec(module) is not None
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False
print(json.dumps([there(name, module) for name, module in json.loads(sys.argv[1])]))
"""


def requirement_lines(path: Path) -> list[str]:
    """Read a list of wheels without its comments."""
    lines = (line.partition('#')[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def not_yet_there(place: Layout, lines: list[str]) -> list[str]:
    """Drop the lines whose package the virtual environment already sees, in any version."""
    names = [line.partition('==')[0] for line in lines]
    asked = json.dumps([(name, _MODULES.get(name)) for name in names])
    answer = subprocess.run(
        [place.python, '-c', _PROBE, asked], capture_output=True, text=True, check=True
    )
    return [
        line for line, there in zip(lines, json.loads(answer.stdout), strict=True) if not there
    ]
