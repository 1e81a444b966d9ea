"""MaskTo3DNode: masks and aligned depth in; where classes or objects stand, and points, out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CameraInfo

from ..cameras import pinhole_of
from ..conversions import IMAGE, INFO
from ..detections import DETECTIONS, DETECTIONS_3D
from ..mask_meaning import MaskMeaning
from ..packet import Packet
from ..point_clouds import POINTS
from ..qos import find_qos
from ..running import run_node
from ..spatial_topics import SpatialTopics
from ..stage_node import StageNode
from ..stamp_join import StampJoin
from ...catalog.model_folders import find_manifest
from ...encode.colors import to_bytes
from ...errors import InputError
from ...images import RawImage
from ...palette import DEFAULT, Palette
from ...spatial import LabelledDepth, metres
from ...spatial_config import SpatialConfig

Joined = Packet[tuple[Any, ...]]


class MaskTo3DNode(StageNode):
    """Tells where in space the camera sees each class, or each object."""

    default_name = 'mask_to_3d_node'
    config_kinds = (SpatialConfig, SpatialTopics)
    _info: CameraInfo | None = None

    def defaults(self) -> Mapping[str, Any]:
        """Return the names and colours of the model's classes."""
        manifest = find_manifest(self.given('model')) if self.given('model') else None
        known = manifest and {'class_names': manifest.labels, 'color_palette': manifest.palette}
        return known or {}

    def start(self) -> None:
        """Subscribe to what belongs together, and offer what comes of it."""
        topics = self.parameters[SpatialTopics]
        self._config, self._names = self.parameters[SpatialConfig], topics.class_names
        self._palette = Palette(topics.color_palette) if topics.color_palette else DEFAULT
        out = find_qos(topics.output_qos, topics.output_qos_depth)
        self._objects = self.publish_to(DETECTIONS_3D, 'detections_3d', out)
        self._points = self.publish_to(POINTS, 'points', out)
        wires: dict[str, Any] = {'mask': IMAGE}
        if topics.mask_kind == 'objects':
            wires['detections'] = DETECTIONS
        wires['depth'] = IMAGE
        if topics.color_from == 'image':
            wires['image'] = IMAGE
        self._topics = tuple(wires)
        waiting, slack = topics.sync_queue_size, {'depth': topics.sync_tolerance}
        self._join = StampJoin(
            [self.pairs(waiting, slack.get(to, 0.0), what=f'mask or {to}') for to in [*wires][1:]]
        )
        qos = find_qos(topics.input_qos, topics.input_qos_depth)
        self.subscribe(INFO, 'camera_info', qos, self._take_info, depth=1)
        for place, topic in enumerate(wires):
            self.subscribe(wires[topic], topic, qos, self._taker(place), depth=waiting)

    def change(self, config: Any) -> None:
        """Take limits anew."""
        if isinstance(config, SpatialConfig):
            self._config = config

    def _take_info(self, packet: Packet[CameraInfo]) -> bool:
        self._info = packet.value
        return False

    def _taker(self, place: int) -> Callable[[Packet[Any]], bool]:
        def take(packet: Packet[Any]) -> bool:
            joined = self._join.add(place, packet)
            if joined is not None and (self._objects.wanted or self._points.wanted):
                self._measure(joined)
            return joined is not None

        return take

    def _measure(self, joined: Joined) -> None:
        came = dict(zip(self._topics, joined.value, strict=True))
        meaning = MaskMeaning(self._names, came.get('detections'))
        scene = self._scene(came['mask'], came['depth'])
        if self._objects.wanted:
            objects = [meaning.named(place) for place in scene.locate()]
            self._objects.publish(Packet(joined.header, objects))
        if self._points.wanted:
            classes = meaning.class_table()
            colors = self._colors(scene, classes, came.get('image'))
            self._points.publish(Packet(joined.header, scene.cloud(colors, classes)))

    def _scene(self, mask: RawImage, depth: RawImage) -> LabelledDepth:
        if self._info is None:
            raise InputError('no camera_info has come yet; it tells where each pixel looks')
        camera = pinhole_of(self._info, depth.size)
        return LabelledDepth(
            mask.data, metres(depth, self._config.depth_unit), camera, self._config
        )

    def _colors(
        self, scene: LabelledDepth, classes: npt.NDArray[Any] | None, image: RawImage | None
    ) -> npt.NDArray[np.uint8]:
        if image is None:
            labels = scene.labels if classes is None else classes[scene.labels].astype(np.uint16)
            return self._palette.color(labels)
        return to_bytes(image)


def main() -> None:
    """Run the node by itself."""
    run_node(MaskTo3DNode)
