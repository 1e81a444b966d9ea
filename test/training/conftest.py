"""`training` is no part of the package: it is found at the root of the repository."""

from __future__ import annotations

from pathlib import Path
import sys

sys.path.insert(0, str(Path(__file__).parents[2]))
