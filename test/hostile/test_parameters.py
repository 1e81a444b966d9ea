"""Every setting of every node, given anything that a parameter can hold."""

from __future__ import annotations

import math
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='rclpy is not installed; make test installs it')

from hypothesis import given, HealthCheck, settings
from hypothesis import strategies as st
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.ros.components import component_names, find_component
from isaac_seg_py.settings import settings_of

PACKAGE = 'isaac_seg_py'
KINDS = sorted(
    {
        kind
        for name in component_names()
        if name.startswith(f'{PACKAGE}::')
        for kind in getattr(find_component(PACKAGE, name), 'config_kinds', ())
    },
    key=lambda kind: kind.__name__,
)
# What rcl_interfaces/ParameterValue can hold, and what a caller in Python may try beside it.
SCALARS = st.one_of(
    st.booleans(), st.integers(-(1 << 63), (1 << 63) - 1), st.floats(), st.text(max_size=20)
)
ALLOWED = settings.default.suppress_health_check
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=5), st.binary(max_size=8), st.none())


def test_every_node_has_settings() -> None:
    assert len(KINDS) > 10


@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=60, suppress_health_check=[*ALLOWED, HealthCheck.function_scoped_fixture])
@given(st.data())
def test_settings_are_refused_or_within_their_limits(kind: Any, data: Any) -> None:
    known = settings_of(kind)
    names = data.draw(
        st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=3, unique=True)
    )
    given_values = {name: data.draw(VALUES, label=name) for name in names}
    try:
        config = kind(**given_values)
    except ConfigError as error:
        assert str(error)
        return
    for name in names:
        value, one = getattr(config, name), known[name]
        for item in value if one.is_list else [value]:
            assert type(item) is one.kind
            if one.kind is float:
                assert math.isfinite(item)
            assert not one.choices or item in one.choices
            assert one.low is None or item >= one.low
            assert one.high is None or item <= one.high
