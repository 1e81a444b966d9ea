"""The parameter files that are shipped, and which graph each is for."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.graphs import GRAPHS

CONFIGS = sorted((Path(__file__).parent.parent / 'config').glob('*.yaml'))


def graph_of(path: Path) -> str:
    """Return the graph whose name the name of a file begins with; the longest of several."""
    fitting = [name for name in GRAPHS if f'{path.stem}_'.startswith(f'{name}_')]
    return max(fitting, key=len)
