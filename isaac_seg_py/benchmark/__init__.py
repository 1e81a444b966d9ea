"""How fast a graph is: images out of memory go in, and what comes out is timed by its stamp."""

from __future__ import annotations

from .figures import compatible_figures, strict_figures, trimmed
from .measuring import measure, Run
from .monitor import Monitor
from .peak_search import find_peak, SearchLimits
from .subject import Subject

__all__ = [
    'Monitor',
    'Run',
    'SearchLimits',
    'Subject',
    'compatible_figures',
    'find_peak',
    'measure',
    'strict_figures',
    'trimmed',
]
