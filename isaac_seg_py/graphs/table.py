"""All graphs by name."""

from __future__ import annotations

import difflib
from typing import Final

from .graph import Graph
from .instances import INSTANCES
from .segformer import SEGFORMER
from .segment_anything import SEGMENT_ANYTHING
from .segment_anything2 import SEGMENT_ANYTHING2
from .segment_anything_stages import SEGMENT_ANYTHING_STAGES
from .segment_everything import SEGMENT_EVERYTHING
from .segnet import SEGNET
from .stages import ENCODER, INFERENCE
from .unet import UNET
from ..errors import ConfigError

GRAPHS: Final = {
    graph.name: graph
    for graph in (
        UNET,
        SEGFORMER,
        SEGNET,
        INSTANCES,
        SEGMENT_ANYTHING,
        SEGMENT_ANYTHING_STAGES,
        SEGMENT_ANYTHING2,
        SEGMENT_EVERYTHING,
        ENCODER,
        INFERENCE,
    )
}


def find_graph(name: str) -> Graph:
    """Return the graph of that name."""
    if name not in GRAPHS:
        written_out = name.replace('sam', SEGMENT_ANYTHING.name, 1)
        close = difflib.get_close_matches(written_out, GRAPHS, 1)
        hint = f' Did you mean {close[0]}?' if close else ''
        raise ConfigError(f'no graph {name!r}.{hint} Known are {", ".join(GRAPHS)}')
    return GRAPHS[name]
