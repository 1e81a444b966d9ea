"""Which encode, infer and decode make one network."""

from __future__ import annotations

from .contract import family_of
from .family import Family
from .opening import open_pipeline
from .table import FAMILIES

__all__ = ['FAMILIES', 'Family', 'family_of', 'open_pipeline']
