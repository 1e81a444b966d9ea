"""The U-Net graph on real rclpy, watched from outside with plain publishers and subscriptions."""

from __future__ import annotations

from collections.abc import Callable

from isaac_seg_py.ros.background import Background
from isaac_seg_py.ros.composition import Composition
import numpy as np
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage, Image
from watched_graph import array, Camera, classes, message, picture, QOS

pytestmark = pytest.mark.ros


def test_masks_are_the_known_classes_with_the_stamp_and_frame_of_their_image(
    start: Callable[..., Composition], camera: Camera
) -> None:
    start(alpha='0.25')
    for number in range(3):
        camera.images.publish(message(picture(), number))
        camera.until(
            lambda n=number: all(len(v) == n + 1 for v in camera.heard.values()), 'results'
        )
    for heard in camera.heard.values():
        assert [(m.header.stamp.sec, m.header.stamp.nanosec) for m in heard] == [
            (0, 7),
            (1, 7),
            (2, 7),
        ]
        assert [m.header.frame_id for m in heard] == ['camera_0', 'camera_1', 'camera_2']
    for mask in camera.masks:
        assert mask.encoding == 'mono8'
        np.testing.assert_array_equal(array(mask), classes())
    colors = np.array([[0x11, 0x22, 0x33], [0x44, 0x55, 0x66], [0x77, 0x88, 0x99]], np.uint8)
    colored = camera.heard['unet/colored_segmentation_mask'][0]
    assert colored.encoding == 'rgb8'
    np.testing.assert_array_equal(array(colored), colors[classes()])
    overlay = array(camera.heard['segmentation_image_overlay'][0]).astype(float)
    expected = 0.25 * picture() + 0.75 * colors[classes()]
    np.testing.assert_allclose(overlay, expected, atol=1)


@pytest.mark.parametrize('size', [(12, 16), (9, 16), (31, 17), (13, 64), (6, 8)])
def test_masks_have_the_size_of_the_camera_whatever_that_is(
    start: Callable[..., Composition], camera: Camera, size: tuple[int, int]
) -> None:
    start(overlay='false')
    camera.images.publish(message(picture(size), 1))
    camera.until(lambda: camera.masks, 'a mask')
    found = array(camera.masks[0])
    assert found.shape == size
    # The network sees 6x8: only near the outlines may a coarse mask be wrong.
    agree = (found == classes(size)).mean()
    assert agree > 0.8


def test_masks_of_the_network_have_its_size_and_its_padding(
    start: Callable[..., Composition], camera: Camera
) -> None:
    start(overlay='false', mask_frame='network')
    camera.images.publish(message(picture((12, 8)), 1))
    camera.until(lambda: camera.masks, 'a mask')
    found = array(camera.masks[0])
    assert found.shape == (6, 8)
    # Black bars of two columns on each side: no channel is brighter, so class 0.
    np.testing.assert_array_equal(found[:, 2:6], classes((6, 4)))
    assert not found[:, :2].any()
    assert not found[:, 6:].any()


def test_colors_of_every_encoding_lead_to_the_same_mask(
    start: Callable[..., Composition], camera: Camera
) -> None:
    start(overlay='false')
    rgb = picture()
    alpha = np.full((12, 16, 1), 9, np.uint8)
    camera.images.publish(message(np.ascontiguousarray(rgb[..., ::-1]), 1, 'bgr8'))
    camera.until(lambda: len(camera.masks) == 1)
    camera.images.publish(message(np.concatenate([rgb, alpha], 2), 2, 'rgba8'))
    camera.until(lambda: len(camera.masks) == 2)
    padded = np.zeros((12, 60), np.uint8)
    padded[:, :48] = rgb.reshape(12, 48)
    wide = message(rgb, 3)
    wide.step, wide.data = 60, padded.tobytes()
    camera.images.publish(wide)
    camera.until(lambda: len(camera.masks) == 3)
    for mask in camera.masks:
        np.testing.assert_array_equal(array(mask), classes())


def test_a_compressed_image_is_segmented(
    start: Callable[..., Composition], camera: Camera
) -> None:
    import cv2

    compressed = camera.node.create_publisher(CompressedImage, 'image/compressed', QOS)
    model = {'dnn_image_encoder_node': {'image_transport': 'compressed'}}
    camera.images = compressed
    start(model, overlay='false')
    content = cv2.imencode('.png', picture()[..., ::-1])[1]
    made = CompressedImage(format='png', data=content.tobytes())
    compressed.publish(made)
    camera.until(lambda: camera.masks, 'a mask')
    np.testing.assert_array_equal(array(camera.masks[0]), classes())


def test_palette_and_encoding_change_while_running_and_the_model_does_not(
    start: Callable[..., Composition], camera: Camera
) -> None:
    graph = start(overlay='false')
    decoder, network = graph['unet_decoder_node'], graph['tensor_rt_node']
    colors = Parameter('color_palette', value=[0x010203, 0x040506, 0x070809])
    encoding = Parameter('color_segmentation_mask_encoding', value='bgr8')
    assert all(r.successful for r in decoder.set_parameters([colors, encoding]))
    camera.images.publish(message(picture(), 1))
    topic = 'unet/colored_segmentation_mask'
    camera.until(lambda: camera.heard[topic], 'a coloured mask')
    made = camera.heard[topic][0]
    assert made.encoding == 'bgr8'
    np.testing.assert_array_equal(array(made)[0, 0], [3, 2, 1])
    refused = decoder.set_parameters([Parameter('color_palette', value=[-1])])[0]
    assert not refused.successful
    assert 'color_palette is -1; it must be 0 to 16777215' in refused.reason
    frozen = network.set_parameters([Parameter('model', value='other.onnx')])[0]
    assert not frozen.successful
    assert 'read-only' in frozen.reason


def test_a_subscriber_of_the_mask_may_come_mid_stream(
    start: Callable[..., Composition], camera: Camera
) -> None:
    graph = start(overlay='false')
    with Background() as late:
        node = Node('late', context=late.context)
        late.add(node)
        masks: list[Image] = []
        for number in range(3):
            camera.images.publish(message(picture(), number))
            camera.until(lambda n=number: len(camera.masks) == n + 1)
        node.create_subscription(Image, 'unet/raw_segmentation_mask', masks.append, QOS)
        raw = graph['unet_decoder_node']._publishers_here[0]._ros
        camera.until(lambda: raw.get_subscription_count() == 2, 'discovery')
        for number in range(3, 6):
            camera.images.publish(message(picture(), number))
            camera.until(lambda n=number: len(camera.masks) == n + 1)
        camera.until(lambda: len(masks) == 3)
        assert [m.header.stamp.sec for m in masks] == [3, 4, 5]
