"""ScenePublisherNode: a camera that films the package's own moving scenes, with their truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from std_msgs.msg import Header

from ..conversions import IMAGE
from ..detections import Detection, DETECTIONS
from ..packet import Packet
from ..picture_source import PictureSource, SourceConfig
from ..running import run_node
from ...images import RawImage
from ...scenes import Scene, stream_video
from ...settings import check_settings, setting


@dataclass(frozen=True)
class SceneConfig:
    """What is filmed."""

    width: int = setting(640, 'Width of the pictures.', low=64, high=4096)
    height: int = setting(480, 'Height of the pictures.', low=64, high=4096)
    seed: int = setting(
        820_004, 'Which scene; the same number is the same video.', low=0, high=2**31 - 1
    )
    objects: int = setting(7, 'Objects in the scene.', low=1, high=20)

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)


class ScenePublisherNode(PictureSource):
    """Publishes `image`, `camera_info` and, for who subscribes, what is true of each picture."""

    default_name = 'scene_publisher_node'
    config_kinds = (SceneConfig, SourceConfig)
    _scene: Scene

    def start(self) -> None:
        """Build the scene and start filming."""
        config = self.parameters[SceneConfig]
        self._scenes = stream_video(config.seed, (config.height, config.width), config.objects)
        super().start()
        self._truth = self.publish_to(IMAGE, 'ground_truth', self.qos)
        self._objects = self.publish_to(DETECTIONS, 'detections', self.qos)

    def next_picture(self) -> npt.NDArray[np.uint8]:
        """Film one frame."""
        self._scene = next(self._scenes)
        return self._scene.image

    def published(self, header: Header) -> None:
        """Publish the truth of the frame, which whoever hears the image then has."""
        if self._truth.wanted:
            self._truth.publish(Packet(header, RawImage.from_array(self._scene.labels, 'mono8')))
        if self._objects.wanted:
            self._objects.publish(Packet(header, _boxes(self._scene)))


def _boxes(scene: Scene) -> tuple[Detection, ...]:
    """Return the objects that can be seen, as a detector without faults finds them."""
    return tuple(
        Detection(
            str(number),
            scene.class_names[scene.class_ids[number]],
            1.0,
            (float(x1), float(y1), float(x2), float(y2)),
        )
        for number, (x1, y1, x2, y2) in scene.boxes.items()
    )


def main() -> None:
    """Run the node by itself."""
    run_node(ScenePublisherNode)
