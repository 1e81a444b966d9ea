"""Write docs/parameters.md from the config classes: `make docs`."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.automatic_config import AutomaticConfig
from isaac_seg_py.config import DecodeConfig, EncodeConfig
from isaac_seg_py.infer_config import InferConfig
from isaac_seg_py.instance_config import InstanceConfig
from isaac_seg_py.prompt_config import PromptConfig
from isaac_seg_py.ros.blend_config import BlendConfig
from isaac_seg_py.ros.decoder_node import DecoderTopics
from isaac_seg_py.ros.encoder_topics import EncoderTopics
from isaac_seg_py.ros.follow_topics import FollowingChoice, FollowTimes
from isaac_seg_py.ros.managed_node import LifeConfig
from isaac_seg_py.ros.nodes.dummy_mask_publisher import DummyMaskConfig
from isaac_seg_py.ros.nodes.image_publisher import FilesConfig
from isaac_seg_py.ros.nodes.instance_decoder import ObjectLook
from isaac_seg_py.ros.nodes.scene_publisher import SceneConfig
from isaac_seg_py.ros.nodes.tensor_rt import InferenceTopics
from isaac_seg_py.ros.nodes.tensor_to_image import TensorToImageConfig
from isaac_seg_py.ros.picture_source import SourceConfig
from isaac_seg_py.ros.prompt_topics import (
    ImageTopics,
    NetworkChoice,
    ObjectLooks,
    PromptTimes,
)
from isaac_seg_py.ros.sam_stage_topics import DataEncoderConfig, MaskDecoderConfig
from isaac_seg_py.ros.segnet_config import SegNetConfig
from isaac_seg_py.ros.single_network_config import SingleNetworkConfig
from isaac_seg_py.ros.spatial_topics import SpatialTopics
from isaac_seg_py.ros.trigger_config import TriggerConfig
from isaac_seg_py.settings import Setting, settings_of
from isaac_seg_py.spatial_config import SpatialConfig
from isaac_seg_py.track_config import TrackConfig

PAGE = Path(__file__).with_suffix('.md')
NODES = {
    'Every node with a life cycle': (LifeConfig,),
    'DnnImageEncoderNode': (EncoderTopics, EncodeConfig),
    'TensorRTNode': (InferenceTopics, InferConfig),
    'UNetDecoderNode': (DecoderTopics, DecodeConfig),
    'SegformerDecoderNode': (DecoderTopics, DecodeConfig),
    'InstanceDecoderNode': (DecoderTopics, ObjectLook, InstanceConfig),
    'SegNetNode': (SegNetConfig,),
    'SegmentAnythingNode': (NetworkChoice, PromptConfig, ObjectLooks, PromptTimes, ImageTopics),
    'SegmentEverythingNode': (
        NetworkChoice,
        PromptConfig,
        AutomaticConfig,
        ObjectLooks,
        ImageTopics,
    ),
    'SegmentAnythingDataEncoderNode': (DataEncoderConfig,),
    'SegmentAnythingDecoderNode': (MaskDecoderConfig, ObjectLook),
    'SegmentAnything2Node': (
        FollowingChoice,
        TrackConfig,
        ObjectLooks,
        FollowTimes,
        ImageTopics,
    ),
    'SegmentAnything2DataEncoderNode': (SingleNetworkConfig,),
    'TensorToImageNode': (TensorToImageConfig,),
    'SegmentAnythingPointTriggeredNode': (TriggerConfig,),
    'DummyMaskPublisher': (DummyMaskConfig,),
    'MaskTo3DNode': (SpatialTopics, SpatialConfig),
    'AlphaBlendNode': (BlendConfig,),
    'ScenePublisherNode': (SceneConfig, SourceConfig),
    'ImagePublisherNode': (FilesConfig, SourceConfig),
}
HEAD = """# Parameters

Made from the config classes by `make docs`; do not edit. A parameter marked *live* may change
while the node runs, all others are read when it starts or, with a life cycle, is configured.
A model's manifest stands in for defaults of the encoder and the decoder where `model` is given.
Those marked *accepted* are there so that parameter files written for Isaac ROS load; they change
nothing.
"""


def page() -> str:
    """Return the text of the page."""
    parts = [HEAD]
    for node, kinds in NODES.items():
        parts.append(
            f'\n## {node}\n\n| Parameter | Type | Default | Limits | |\n|---|---|---|---|---|\n'
        )
        parts += [_row(known) for kind in kinds for known in settings_of(kind).values()]
    return ''.join(parts)


def _row(known: Setting) -> str:
    default = list(known.default) if isinstance(known.default, tuple) else known.default
    shown = str(default).lower() if isinstance(default, bool) else repr(default)
    mark = ' *live*' if known.live else ' *accepted*' if known.accepted else ''
    limits = known.limits.replace('|', '\\|')
    return f'| `{known.name}` | {known.type_name} | `{shown}` | {limits} | {known.text}{mark} |\n'


if __name__ == '__main__':
    PAGE.write_text(page(), encoding='utf-8')
