"""The U-Net graph on real rclpy, watched from outside with plain publishers and subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from isaac_seg_py.graphs import find_graph
from isaac_seg_py.ros.background import Background
from isaac_seg_py.ros.composition import Composition
import numpy as np
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
import tiny_models

pytestmark = pytest.mark.ros
QOS = QoSProfile(depth=50)
Until = Callable[..., None]
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
PALETTE = [0x112233, 0x445566, 0x778899]


def picture(size: tuple[int, int] = (12, 16)) -> np.ndarray:
    """Make red above, green below on the left and blue below on the right."""
    height, width = size
    image = np.empty((height, width, 3), np.uint8)
    image[: height // 2] = RED
    image[height // 2 :, : width // 2] = GREEN
    image[height // 2 :, width // 2 :] = BLUE
    return image


def classes(size: tuple[int, int] = (12, 16)) -> np.ndarray:
    """Make the classes that the network of the brightest channel finds in it."""
    return picture(size).argmax(2).astype(np.uint8)


def message(image: np.ndarray, number: int, encoding: str = 'rgb8') -> Image:
    """Make a message with a stamp of that number."""
    made = Image(height=image.shape[0], width=image.shape[1], encoding=encoding)
    made.step = image.strides[0]
    made.data = image.tobytes()
    made.header.stamp.sec, made.header.stamp.nanosec = number, 7
    made.header.frame_id = f'camera_{number}'
    return made


def array(made: Image) -> np.ndarray:
    """Read a mask or picture of 8 bits."""
    channels = {'mono8': 1, 'rgb8': 3, 'bgr8': 3, 'rgba8': 4}[made.encoding]
    shape = (made.height, made.width, channels)
    return np.frombuffer(made.data, np.uint8).reshape(shape).squeeze()


class Camera:
    """A participant of its own that publishes images and hears the results."""

    def __init__(self, node: Node, until: Until) -> None:
        """Publish and subscribe with plain rclpy."""
        self.until = until
        self.node = node
        self.images = node.create_publisher(Image, 'image', QOS)
        self.heard: dict[str, list[Image]] = {}
        for topic in (
            'unet/raw_segmentation_mask', 'unet/colored_segmentation_mask',
            'segmentation_image_overlay', 'unet/confidence',
        ):  # fmt: skip
            self.heard[topic] = []
            node.create_subscription(Image, topic, self.heard[topic].append, QOS)

    @property
    def masks(self) -> list[Image]:
        """Return the masks heard."""
        return self.heard['unet/raw_segmentation_mask']

    def connected(self, graph: Composition) -> None:
        """Wait until everyone has found everyone."""
        counts = self.images.get_subscription_count
        wanted = 2 if 'alpha_blend_node' in graph.nodes else 1
        self.until(lambda: counts() == wanted, 'discovery of the camera')
        outs = [p for node in graph.nodes.values() for p in node._publishers_here]
        names = [p for p in outs if p.place.topic[1:] in self.heard]
        self.until(lambda: all(p._is_heard_outside() for p in names), 'discovery of the masks')


@pytest.fixture
def camera(until: Until) -> Iterator[Camera]:
    """Give a camera in a context of its own."""
    with Background() as background:
        node = Node('camera', context=background.context)
        background.add(node)
        yield Camera(node, until)


@pytest.fixture
def start(ros: Background, tmp_path: Path, camera: Camera) -> Iterator[Callable[..., Composition]]:
    """Give a function that starts the graph with the network of the brightest channel."""
    made: list[Composition] = []
    model = tiny_models.brightest_channel(tmp_path / 'brightest.onnx')

    def begin(more: dict[str, dict[str, Any]] | None = None, **arguments: str) -> Composition:
        specs = find_graph('unet').nodes({'model': str(model), **arguments})
        for spec in specs:
            spec.parameters.update((more or {}).get(spec.name, {}))
            if spec.name == 'unet_decoder_node':
                spec.parameters.setdefault('color_palette', PALETTE)
        graph = Composition(specs, ros.executor, context=ros.context)
        made.append(graph)
        camera.connected(graph)
        return graph

    yield begin
    for graph in made:
        graph.close()


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


def _broken(kind: str) -> Image:
    made = message(picture(), 1)
    if kind == 'truncated':
        made.data = made.data[:-5]
    elif kind == 'oversized':
        made.data = bytes(made.data) * 2
    elif kind == 'step':
        made.step = 10
    elif kind == 'encoding':
        made.encoding = 'rgb9'
    elif kind == 'zero':
        made.height = 0
    elif kind == 'huge':
        made.height = made.width = 65535
    elif kind == 'nan':
        made = message(np.full((12, 16), np.nan, np.float32), 1, '32FC1')
    return made


@pytest.mark.parametrize(
    ('kind', 'said'),
    [
        ('truncated', 'data has 571 bytes; 16x12 rgb8 with step 48 needs 576'),
        ('oversized', 'data has 1152 bytes'),
        ('step', 'step is 10 bytes'),
        ('encoding', "encoding 'rgb9' came; expected one of rgb8"),
        ('zero', 'the image is 16x0'),
        ('huge', 'needs 196605 or more'),
        ('nan', 'NaN'),
    ],
)
def test_a_bad_image_is_told_and_counted_and_the_next_one_passes(
    start: Callable[..., Composition], camera: Camera, capfd: Any, kind: str, said: str
) -> None:
    graph = start(overlay='false')
    encoder = graph['dnn_image_encoder_node']
    camera.images.publish(_broken(kind))
    camera.until(lambda: encoder.stats.summary().lost == 1, 'counting')
    camera.images.publish(message(picture(), 2))
    camera.until(lambda: camera.masks, 'the good mask')
    assert camera.masks[0].header.stamp.sec == 2
    np.testing.assert_array_equal(array(camera.masks[0]), classes())
    summary = encoder.stats.summary()
    assert (summary.received, summary.done, summary.dropped) == (2, 1, {'ImageError': 1})
    captured = capfd.readouterr()
    lines = [
        line for line in (captured.out + captured.err).splitlines() if 'frame dropped' in line
    ]
    assert len(lines) == 1
    assert said in lines[0]


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


def test_camera_info_is_awaited_when_asked_for(
    start: Callable[..., Composition], camera: Camera
) -> None:
    infos = camera.node.create_publisher(CameraInfo, 'camera_info', QOS)
    graph = start(overlay='false', use_camera_info='true')
    camera.until(lambda: infos.get_subscription_count() == 1, 'discovery')
    for number in (1, 2):
        camera.images.publish(message(picture(), number))
    info = CameraInfo(height=12, width=16)
    info.header.stamp.sec, info.header.stamp.nanosec = 2, 7
    infos.publish(info)
    camera.until(lambda: camera.masks, 'the mask of the pair')
    assert [m.header.stamp.sec for m in camera.masks] == [2]
    dropped = graph['dnn_image_encoder_node'].stats.summary().dropped
    assert dropped == {'no partner of its stamp': 1}


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
        raw = graph['unet_decoder_node']._raw._ros
        camera.until(lambda: raw.get_subscription_count() == 2, 'discovery')
        for number in range(3, 6):
            camera.images.publish(message(picture(), number))
            camera.until(lambda n=number: len(camera.masks) == n + 1)
        camera.until(lambda: len(masks) == 3)
        assert [m.header.stamp.sec for m in masks] == [3, 4, 5]
