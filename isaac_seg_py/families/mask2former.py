"""MaskFormer and Mask2Former: a class and a mask for each of some queries."""

from __future__ import annotations

from dataclasses import replace

from .family import Family, IMAGENET, Specs
from .tensor_shapes import of_rank, takes_image
from ..decode.queries import CLASSES, MASKS, QueryDecoder
from ..instance_config import InstanceConfig


def answers_queries(inputs: Specs, outputs: Specs) -> bool:
    """Say whether a network gives as many classes as masks."""
    classes, masks = of_rank(outputs, 3, CLASSES), of_rank(outputs, 4, MASKS)
    if not takes_image(inputs) or classes is None or masks is None:
        return False
    named = classes.name == CLASSES and masks.name == MASKS
    counts = {classes.shape[1], masks.shape[1]}
    return named or (len(counts) == 1 and all(isinstance(count, int) for count in counts))


MASK2FORMER = Family(
    name='mask2former',
    expects=f'one image, `{CLASSES}` [N, queries, classes + 1], `{MASKS}` [N, queries, h, w]',
    fits=answers_queries,
    is_known=answers_queries,
    config=InstanceConfig,
    decoder=QueryDecoder,
    encode={**IMAGENET, 'fit': 'stretch'},
    # As transformers has it, which resizes the masks before it does anything else.
    decode={'score_threshold': 0.5, 'filter_mode': 'point', 'query_mask_side': 384},
)
# Its tensors look the same, so that only a manifest can name it.
MASKFORMER = replace(
    MASK2FORMER,
    name='maskformer',
    is_known=lambda inputs, outputs: False,
    decode={**MASK2FORMER.decode, 'query_mask_side': 0},
)
