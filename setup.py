"""Installs the package for pip and for colcon: modules, commands, nodes and shared files."""

from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = 'isaac_seg_py'

# Plugin class, file below ros/nodes/, and command of each node.
NODES = [
    ('AlphaBlendNode', 'alpha_blend', 'alpha_blend_node'),
    ('DnnImageEncoderNode', 'dnn_image_encoder', 'dnn_image_encoder_node'),
    ('DummyMaskPublisher', 'dummy_mask_publisher', 'dummy_mask_publisher'),
    ('ImagePublisherNode', 'image_publisher', 'image_publisher_node'),
    ('InstanceDecoderNode', 'instance_decoder', 'instance_decoder_node'),
    ('MaskTo3DNode', 'mask_to_3d', 'mask_to_3d_node'),
    ('ScenePublisherNode', 'scene_publisher', 'scene_publisher_node'),
    ('SegNetNode', 'segnet', 'segnet'),
    (
        'SegmentAnythingDataEncoderNode',
        'segment_anything_data_encoder',
        'segment_anything_data_encoder_node',
    ),
    ('SegmentAnythingDecoderNode', 'segment_anything_decoder', 'segment_anything_decoder_node'),
    (
        'SegmentAnything2DataEncoderNode',
        'segment_anything2_data_encoder',
        'segment_anything2_data_encoder_node',
    ),
    ('SegmentAnything2Node', 'segment_anything2', 'segment_anything2'),
    ('SegmentAnythingNode', 'segment_anything', 'segment_anything'),
    ('SegmentAnythingPointTriggeredNode', 'point_triggered', 'point_triggered'),
    ('SegformerDecoderNode', 'segformer_decoder', 'segformer_decoder_node'),
    ('SegmentEverythingNode', 'segment_everything', 'segment_everything'),
    ('TensorRTNode', 'tensor_rt', 'tensor_rt_node'),
    ('TensorToImageNode', 'tensor_to_image', 'tensor_to_image'),
    ('UNetDecoderNode', 'unet_decoder', 'unet_decoder_node'),
]

SHARED = {
    'launch': ['*.py'],
    'config': ['*.yaml', '*.rviz', '*.xml'],
    'models': ['*.yaml', '*.onnx', '*.md'],
}

EXTRAS = {
    'bag': ['mcap', 'rosbags'],
    'dev': ['mypy', 'pytest', 'pytest-timeout', 'pytest-xdist', 'ruff', 'types-PyYAML'],
    'evaluate': ['pycocotools'],
    'export': ['onnx', 'onnxruntime', 'torch', 'transformers'],
    'fuse': ['onnx'],
    'gpu': ['cuda-python', 'nvidia-cuda-nvrtc', 'onnx', 'tensorrt-rtx-cu13'],
    'onnxruntime': ['onnxruntime'],
    # Without an extra of this name `colcon test` reports success after running no test at all.
    'test': ['onnx', 'onnxruntime', 'pytest', 'pytest-timeout'],
    'triton': ['tritonclient[grpc]'],
}


def shared_files() -> list[tuple[str, list[str]]]:
    """List what goes below share/, folder by folder, where launch files and nodes look for it."""
    found = [
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (f'share/{PACKAGE}', ['package.xml']),
    ]
    for top, patterns in SHARED.items():
        folders = sorted(
            {path.parent for pattern in patterns for path in Path(top).rglob(pattern)}
        )
        for folder in folders:
            files = sorted(str(path) for pattern in patterns for path in folder.glob(pattern))
            found.append((f'share/{PACKAGE}/{folder.as_posix()}', files))
    return found


setup(
    name=PACKAGE,
    version='0.1.0',
    description='Semantic and promptable segmentation for ROS 2, in Python.',
    long_description=Path('README.md').read_text() if Path('README.md').exists() else '',
    long_description_content_type='text/markdown',
    author='isaac_seg_py developers',
    author_email='isaac-seg-py@example.com',
    license='Apache-2.0',
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    package_data={PACKAGE: ['py.typed', '**/*.cu', '**/*.cuh', '**/*.yaml', '**/page/*']},
    data_files=shared_files(),
    python_requires='>=3.10',
    install_requires=['numpy', 'setuptools'],
    extras_require=EXTRAS,
    zip_safe=True,
    entry_points={
        'console_scripts': [
            'isaac-seg = isaac_seg_py.cli.main:main',
            'component_container = isaac_seg_py.ros.container:main',
            'component_container_mt = isaac_seg_py.ros.container:main_mt',
            *[f'{command} = {PACKAGE}.ros.nodes.{file}:main' for _, file, command in NODES],
        ],
        'rclpy_components': [
            f'{PACKAGE}::{plugin} = {PACKAGE}.ros.nodes.{file}:{plugin}'
            for plugin, file, _ in NODES
        ],
    },
)
