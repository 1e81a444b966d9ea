"""The example of a policy allows what the graph does, and nothing that it does not do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
import xml.etree.ElementTree as xml

from isaac_seg_py.ros.composition import Composition
import pytest

pytestmark = pytest.mark.ros
FOLDER = Path(__file__).parents[2] / 'config' / 'security'
INCLUDE = '{http://www.w3.org/2001/XInclude}include'
# What a node has only when it is asked for: simulated time, and a camera_info that is waited for.
AT_TIMES = {'/clock', '/camera_info'}


def allowed(node: str, what: str, act: str) -> set[str]:
    """Return the names that the policy allows a node to publish, subscribe to or answer."""
    policy = xml.parse(FOLDER / 'policy.xml').getroot()
    (profile,) = policy.findall(f".//profile[@node='{node}']")
    (include,) = profile.findall(INCLUDE)
    common = xml.parse(FOLDER / include.attrib['href']).getroot()
    names: set[str] = set()
    for group in (*profile.findall(f'{what}s'), *common.findall(f'{what}s')):
        if group.attrib.get(act) == 'ALLOW':
            names |= {str(one.text) for one in group.findall(what)}
    whole = {name.replace('~', f'/{node}', 1) for name in names}
    return {name if name.startswith('/') else f'/{name}' for name in whole}


def test_the_policy_is_what_the_graph_does(
    compose: Callable[..., Composition], node: Any, until: Callable[..., None]
) -> None:
    graph = compose('unet')
    looked: dict[str, Callable[..., Any]] = {
        'publish': node.get_publisher_names_and_types_by_node,
        'subscribe': node.get_subscriber_names_and_types_by_node,
        'reply': node.get_service_names_and_types_by_node,
    }
    for name, one in graph.nodes.items():
        for act, look in looked.items():

            def does(look: Callable[..., Any] = look, one: Any = one) -> set[str]:
                found = look(one.get_name(), one.get_namespace())
                return {topic for topic, _ in found}

            what = 'service' if act == 'reply' else 'topic'
            may = allowed(name, what, act)
            # Who blends has no life cycle; parameter_events are heard with simulated time only.
            spare = {entry for entry in may if entry.startswith(f'/{name}/')}
            spare |= AT_TIMES | {'/parameter_events'}
            # Nodes of one process hand over without the middleware.
            spare |= {p.place.topic for other in graph.nodes.values() for p in other.spoken_on()}
            until(
                lambda may=may, spare=spare, does=does: may - spare <= does() <= may,
                f'{act} of {name}, no more and no less than is allowed',
            )


def test_a_mask_user_may_read_masks_and_not_send_them() -> None:
    assert '/unet/raw_segmentation_mask' in allowed('mask_user', 'topic', 'subscribe')
    assert not {topic for topic in allowed('mask_user', 'topic', 'publish') if 'unet' in topic}
