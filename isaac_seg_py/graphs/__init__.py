"""Graphs as plain data: which nodes, which parameters, which remappings. No ROS in here."""

from __future__ import annotations

from .graph import Argument, Graph, NodeSpec
from .table import find_graph, GRAPHS

__all__ = ['GRAPHS', 'Argument', 'Graph', 'NodeSpec', 'find_graph']
