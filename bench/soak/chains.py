"""The graphs that are run, and the nodes that an image goes through, one after the other."""

from __future__ import annotations

from typing import Final

CHAINS: Final = {
    'unet': ('dnn_image_encoder_node', 'tensor_rt_node', 'unet_decoder_node'),
    'segformer': ('dnn_image_encoder_node', 'tensor_rt_node', 'segformer_decoder_node'),
    'instances': ('dnn_image_encoder_node', 'tensor_rt_node', 'instance_decoder_node'),
    'segnet': ('segnet',),
    'segment_anything': ('segment_anything',),
    'segment_anything2': ('segment_anything2',),
}
# These take boxes and clicks beside the images, and are asked by services.
PROMPTED: Final = ('segment_anything', 'segment_anything2')
