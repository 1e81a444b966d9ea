"""YOLO-seg: boxes with classes and mask coefficients, and the prototypes that these weigh."""

from __future__ import annotations

from .family import Family, Specs
from .mask2former import answers_queries
from .tensor_shapes import of_rank, takes_image
from ..decode.instances import InstanceDecoder
from ..instance_config import InstanceConfig


def _fits(inputs: Specs, outputs: Specs) -> bool:
    boxes, prototypes = of_rank(outputs, 3, 'output0'), of_rank(outputs, 4, 'output1')
    return takes_image(inputs) and boxes is not None and prototypes is not None


def _is_known(inputs: Specs, outputs: Specs) -> bool:
    return _fits(inputs, outputs) and not answers_queries(inputs, outputs)


YOLO_SEG = Family(
    name='yolo_seg',
    expects=(
        'one image, boxes [1, 4 + classes + coefficients, boxes] (or the last two axes turned, or '
        '[1, boxes, 6 + coefficients]), and prototypes [1, coefficients, H/4, W/4]'
    ),
    fits=_fits,
    is_known=_is_known,
    config=InstanceConfig,
    decoder=InstanceDecoder,
    # Pixels from 0 to 1, and bars of the grey that these networks were trained with.
    encode={'image_mean': (0.0,), 'image_stddev': (1.0,), 'padding_value': 114.0},
)
