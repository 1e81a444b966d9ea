"""The settings of SegNetNode, under the names of ros_deep_learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .qos import depth_setting, input_qos_setting, qos_setting
from ..catalog.label_sets import read_color_file, read_label_file
from ..infer_config import BACKENDS
from ..settings import check_settings, setting
from ..user_files import user_path

_FILTER = 'between the cells of the network colours are mixed (linear), or the nearest decides'


@dataclass(frozen=True)
class SegNetConfig:
    """Which network runs, and how its masks are shown."""

    model_name: str = setting('tiny-fcn', "Name of a model, such as those of segNet's --network.")
    model_path: str = setting('', 'ONNX file or manifest, in place of a name.')
    prototxt_path: str = setting('', 'Taken for ros_deep_learning.', accepted=True)
    input_blob: str = setting('', "Name of the network's input. Empty: found.")
    output_blob: str = setting('', "Name of the network's output. Empty: found.")
    class_labels: str = setting('', 'File with a name on each line. Empty: as the model says.')
    class_colors: str = setting(
        '',
        'File with red, green, blue and perhaps the opacity in the overlay, 0 to 255, on each '
        'line. Empty: as the model says.',
    )
    mask_filter: str = setting(
        'linear', f'In masks: {_FILTER} (point).', choices=('linear', 'point'), live=True
    )
    overlay_filter: str = setting(
        'linear', f'In the overlay: {_FILTER} (point).', choices=('linear', 'point'), live=True
    )
    overlay_alpha: float = setting(
        180.0, 'Opacity of the mask in the overlay.', low=0.0, high=255.0, live=True
    )
    transparent_class: int = setting(
        -1, 'Class that the overlay leaves as it is. -1: none.', low=-1, high=65534, live=True
    )
    ignore_class: str = setting(
        '', 'Name or number of a class that is never chosen: the next best is. Empty: none.'
    )
    mask_frame: str = setting(
        'image',
        'Size of class_mask: the camera image, or the cells of the network, as segNet has it.',
        choices=('image', 'network'),
    )
    backend: str = setting('auto', 'What runs the network.', choices=BACKENDS)
    threads: int = setting(
        0, 'Threads for a network on the CPU. 0: one per core.', low=0, high=1024
    )
    input_qos: str = input_qos_setting('image')
    input_qos_depth: int = depth_setting('image')
    output_qos: str = qos_setting('masks')
    output_qos_depth: int = depth_setting('masks')
    input_queue_size: int = setting(
        1, 'Images that may wait; a newer one takes the place of the oldest.', low=1, high=10000
    )

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)

    def chosen(self) -> dict[str, Any]:
        """Return what is set of how a network is opened, by the names that this has there."""
        found: dict[str, Any] = {'backend': self.backend, 'threads': self.threads}
        if self.input_blob:
            found['tensor_name'] = self.input_blob
        if self.output_blob:
            found['output_name'] = self.output_blob
        if self.ignore_class:
            found['ignore_class'] = self.ignore_class
        if self.class_labels:
            found['class_names'] = read_label_file(user_path(self.class_labels))
        if self.class_colors:
            palette = read_color_file(user_path(self.class_colors))
            found |= {'color_palette': palette.colors, 'class_alphas': palette.alphas}
        return found
