"""The message packages are a wire contract: every field by name, type and order, as upstream."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

pytestmark = pytest.mark.ros

HEADER = 'std_msgs/Header'
STRINGS = 'sequence<string>'
ANSWER = {
    'object_ids': STRINGS,
    'object_indices': 'sequence<int32>',
    'success': 'boolean',
    'message': 'string',
}
TENSORS, VISION = 'isaac_ros_tensor_list_interfaces', 'vision_msgs'
OURS = 'isaac_seg_interfaces'
SAM2, COMPOSITION = 'isaac_ros_segment_anything2_interfaces', 'composition_interfaces'

MESSAGES = {
    f'{TENSORS}/TensorList': {'header': HEADER, 'tensors': f'sequence<{TENSORS}/Tensor>'},
    f'{TENSORS}/Tensor': {
        'name': 'string',
        'shape': f'{TENSORS}/TensorShape',
        'data_type': 'int32',
        'strides': 'sequence<uint64>',
        'data': 'sequence<uint8>',
    },
    f'{TENSORS}/TensorShape': {'rank': 'uint8', 'dims': 'sequence<uint32>'},
    f'{VISION}/Point2D': {'x': 'double', 'y': 'double'},
    f'{VISION}/Pose2D': {'position': f'{VISION}/Point2D', 'theta': 'double'},
    f'{VISION}/BoundingBox2D': {
        'center': f'{VISION}/Pose2D',
        'size_x': 'double',
        'size_y': 'double',
    },
    f'{VISION}/ObjectHypothesis': {'class_id': 'string', 'score': 'double'},
    f'{VISION}/ObjectHypothesisWithPose': {
        'hypothesis': f'{VISION}/ObjectHypothesis',
        'pose': 'geometry_msgs/PoseWithCovariance',
    },
    f'{VISION}/Detection2D': {
        'header': HEADER,
        'results': f'sequence<{VISION}/ObjectHypothesisWithPose>',
        'bbox': f'{VISION}/BoundingBox2D',
        'id': 'string',
    },
    f'{VISION}/Detection2DArray': {
        'header': HEADER,
        'detections': f'sequence<{VISION}/Detection2D>',
    },
    f'{VISION}/BoundingBox3D': {
        'center': 'geometry_msgs/Pose',
        'size': 'geometry_msgs/Vector3',
    },
    f'{VISION}/BoundingBox3DArray': {
        'header': HEADER,
        'boxes': f'sequence<{VISION}/BoundingBox3D>',
    },
    f'{VISION}/Detection3D': {
        'header': HEADER,
        'results': f'sequence<{VISION}/ObjectHypothesisWithPose>',
        'bbox': f'{VISION}/BoundingBox3D',
        'id': 'string',
    },
    f'{VISION}/Detection3DArray': {
        'header': HEADER,
        'detections': f'sequence<{VISION}/Detection3D>',
    },
    f'{VISION}/VisionInfo': {
        'header': HEADER,
        'method': 'string',
        'database_location': 'string',
        'database_version': 'int32',
    },
    f'{VISION}/VisionClass': {'class_id': 'uint16', 'class_name': 'string'},
    f'{VISION}/LabelInfo': {
        'header': HEADER,
        'class_map': f'sequence<{VISION}/VisionClass>',
        'threshold': 'float',
    },
    f'{OURS}/ClassStatistics': {
        'class_id': 'uint16',
        'class_name': 'string',
        'pixels': 'uint64',
        'share': 'float',
        'mean_score': 'float',
        'objects': 'uint32',
    },
    f'{OURS}/ClassStatisticsArray': {
        'header': HEADER,
        'height': 'uint32',
        'width': 'uint32',
        'classes': f'sequence<{OURS}/ClassStatistics>',
    },
}
SERVICES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    f'{SAM2}/AddObjects': (
        {
            'request_header': HEADER,
            'bbox_object_ids': STRINGS,
            'bbox_coords': f'sequence<{VISION}/BoundingBox2D>',
            'point_object_ids': STRINGS,
            'point_coords': f'sequence<{VISION}/Point2D>',
            'point_labels': 'sequence<int32>',
        },
        ANSWER,
    ),
    f'{SAM2}/RemoveObject': ({'request_header': HEADER, 'object_id': 'string'}, ANSWER),
    f'{COMPOSITION}/LoadNode': (
        {
            'package_name': 'string',
            'plugin_name': 'string',
            'node_name': 'string',
            'node_namespace': 'string',
            'log_level': 'uint8',
            'remap_rules': STRINGS,
            'parameters': 'sequence<rcl_interfaces/Parameter>',
            'extra_arguments': 'sequence<rcl_interfaces/Parameter>',
        },
        {
            'success': 'boolean',
            'error_message': 'string',
            'full_node_name': 'string',
            'unique_id': 'uint64',
        },
    ),
    f'{COMPOSITION}/UnloadNode': (
        {'unique_id': 'uint64'},
        {'success': 'boolean', 'error_message': 'string'},
    ),
    f'{COMPOSITION}/ListNodes': (
        {},
        {'full_node_names': STRINGS, 'unique_ids': 'sequence<uint64>'},
    ),
}


def fields(kind: Any) -> list[tuple[str, str]]:
    """Return the fields in order; what rosidl puts into an empty request is none."""
    found = kind.get_fields_and_field_types().items()
    return [item for item in found if item[0] != 'structure_needs_at_least_one_member']


@pytest.mark.parametrize('name', MESSAGES)
def test_a_message_has_the_fields_of_upstream(name: str) -> None:
    package, kind = name.split('/')
    found = getattr(importlib.import_module(f'{package}.msg'), kind)
    assert fields(found) == list(MESSAGES[name].items())


@pytest.mark.parametrize('name', SERVICES)
def test_a_service_has_the_fields_of_upstream(name: str) -> None:
    package, kind = name.split('/')
    found = getattr(importlib.import_module(f'{package}.srv'), kind)
    request, response = SERVICES[name]
    assert fields(found.Request) == list(request.items())
    assert fields(found.Response) == list(response.items())
