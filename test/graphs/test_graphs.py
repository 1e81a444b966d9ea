"""Graphs are plain data, made of arguments as text."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.errors import ConfigError
from isaac_seg_py.graphs import find_graph, GRAPHS
from isaac_seg_py.graphs.graph import NodeSpec
from isaac_seg_py.graphs.params_file import with_params_file
import pytest
from shipped_parameters import CONFIGS, graph_of
import yaml

ROOT = Path(__file__).parent.parent.parent


def test_the_unet_graph_connects_its_nodes() -> None:
    specs = {s.plugin: s for s in find_graph('unet').nodes({'image': '/cam', 'model': 'm.onnx'})}
    assert list(specs) == [
        'DnnImageEncoderNode',
        'TensorRTNode',
        'UNetDecoderNode',
        'AlphaBlendNode',
    ]
    assert specs['DnnImageEncoderNode'].remappings['image'] == '/cam'
    assert specs['DnnImageEncoderNode'].remappings['tensors'] == 'tensor_pub'
    assert specs['AlphaBlendNode'].remappings['image_input'] == '/cam'
    assert {s.parameters.get('model') for s in specs.values()} == {'m.onnx', None}


@pytest.mark.parametrize(
    ('given', 'plugins'),
    [
        ({'overlay': 'false'}, 3),
        ({'overlay': 'False', 'source': 'scene'}, 4),
        ({'source': '/dev/video0'}, 5),
    ],
)
def test_nodes_come_and_go_with_the_arguments(given: dict[str, str], plugins: int) -> None:
    assert len(find_graph('unet').nodes(given)) == plugins


@pytest.mark.parametrize(
    ('given', 'said'),
    [
        ({'overlya': 'true'}, "no argument 'overlya'. Did you mean overlay"),
        ({'overlay': 'maybe'}, "overlay is 'maybe'; true or false"),
        ({'alpha': 'half'}, "alpha is 'half'; a number"),
        ({'threads': '1.5'}, "threads is '1.5'; a whole number"),
        ({'mask_frame': 'camera'}, "mask_frame is 'camera'; it must be one of image, network"),
    ],
)
def test_a_wrong_argument_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        find_graph('unet').nodes(given)


def test_an_unknown_graph_is_refused_with_the_one_meant() -> None:
    with pytest.raises(ConfigError, match='Did you mean unet'):
        find_graph('unett')


def test_a_params_file_wins_and_the_nearer_section_counts_more(tmp_path: Path) -> None:
    path = tmp_path / 'p.yaml'
    sections = {
        '/front/alpha_blend_node': 0.3, 'alpha_blend_node': 0.2, '/**': 0.1,
    }  # fmt: skip
    path.write_text(
        yaml.safe_dump({k: {'ros__parameters': {'alpha': v}} for k, v in sections.items()})
    )
    specs = with_params_file(find_graph('unet').nodes({}), path, '/front')
    assert [s.parameters['alpha'] for s in specs] == [0.1, 0.1, 0.1, 0.3]


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('alpha: 1', 'a single key ros__parameters'),
        ('- 1', 'ros__parameters is expected'),
        ('a: [', 'cannot be read'),
        (
            'unet_node: {ros__parameters: {a: 1}}',
            'parameters for unet_node; the nodes of this graph',
        ),
    ],
)
def test_a_wrong_params_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / 'p.yaml'
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        with_params_file(find_graph('unet').nodes({}), path)


def test_a_missing_params_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='cannot be read'):
        with_params_file([], tmp_path / 'none.yaml')


def test_every_graph_has_a_launch_file() -> None:
    assert {p.name for p in (ROOT / 'launch').glob('*.launch.py')} == {
        f'{g}.launch.py' for g in GRAPHS
    }


@pytest.mark.parametrize('path', CONFIGS, ids=[path.stem for path in CONFIGS])
def test_the_shipped_parameters_fit_the_graph_of_their_name(path: Path) -> None:
    specs = find_graph(graph_of(path)).nodes({})
    read = with_params_file(specs, path)
    assert [one.name for one in read] == [one.name for one in specs]
    assert [dict(one.parameters) for one in read] != [dict(one.parameters) for one in specs]


def test_every_argument_of_every_graph_parses_its_own_default() -> None:
    for graph in GRAPHS.values():
        for argument in graph.arguments:
            assert argument.parsed(argument.default_text) == argument.default


def test_the_scene_of_the_tracker_is_calm_and_its_boxes_may_be_kept() -> None:
    def scene(**given: str) -> NodeSpec:
        specs = find_graph('segment_anything2').nodes({'source': 'scene', **given})
        return next(spec for spec in specs if spec.plugin == 'ScenePublisherNode')

    assert scene().parameters['objects'] == 3
    assert scene().remappings['detections'] == 'prompts'
    assert scene(objects='9').parameters['objects'] == 9
    assert 'detections' not in scene(boxes='false').remappings
