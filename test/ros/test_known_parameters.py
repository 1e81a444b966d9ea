"""Whatever graphs and parameter files tell a node, it knows."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.graphs import find_graph, GRAPHS, NodeSpec
from isaac_seg_py.graphs.params_file import with_params_file
from isaac_seg_py.ros.components import find_component
from isaac_seg_py.settings import settings_of
import pytest
from shipped_parameters import CONFIGS, graph_of

pytestmark = pytest.mark.ros


def check(spec: NodeSpec) -> None:
    """Fail where a parameter is unknown, or has a value that its setting refuses."""
    kind = find_component('isaac_seg_py', spec.full_plugin)
    known = {}
    for config in kind.config_kinds:
        known.update(settings_of(config))
    for name, value in spec.parameters.items():
        if name != 'use_sim_time':
            assert name in known, f'{spec.plugin} has no parameter {name}'
            known[name].checked(value)


@pytest.mark.parametrize('name', GRAPHS)
def test_every_parameter_that_a_graph_tells_is_known(name: str) -> None:
    graph = find_graph(name)
    has = {argument.name for argument in graph.arguments}
    values = {
        'depth': 'depth', 'legend': 'true', 'source': 'scene', 'input_image_width': '64',
        'encoder_image_mean': '[0.5]', 'use_planar_input': 'true', 'max_batch_size': '1',
        'output_binding_names': '[out]', 'tensorrt_verbose': 'true', 'mask_width': '64',
        'max_workspace_size': '1000', 'engine_file_path': 'a.plan', 'score_threshold': '0.5',
        'max_detections': '5', 'task': 'semantic', 'network_output_type': 'argmax',
        'model_repository_paths': '[a]', 'input_tensor_formats': '[a]', 'classes_as': 'number',
        'force_engine_update': 'true', 'color_by': 'object', 'multimask': 'best',
        'prompt_tolerance_ms': '5.0', 'sam2_max_num_objects': '5', 'memory_frames': '2',
        'sam2_encoder_image_mean': '[0.5]', 'click_object': 'cup',
        'points_per_side': '8', 'pred_iou_thresh': '0.5', 'stability_score_thresh': '1',
        'mask_nms_thresh': '0.8', 'min_mask_region_area': '9', 'loop': 'false', 'rate': '5',
    }  # fmt: skip
    for spec in graph.nodes({key: text for key, text in values.items() if key in has}):
        check(spec)


@pytest.mark.parametrize('path', CONFIGS, ids=[path.stem for path in CONFIGS])
def test_every_parameter_in_a_file_is_known(path: Path) -> None:
    for spec in with_params_file(find_graph(graph_of(path)).nodes({}), path):
        check(spec)
