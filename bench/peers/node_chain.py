"""
Peer (a): the usual node chain in Python, one process for each of three nodes.

    python -m bench.peers.node_chain encoder|network|decoder NAMESPACE MODEL

Images become arrays as cv_bridge does it, NumPy normalises and takes the highest score, the
network blocks the callback, and messages are filled by `message.data = ...`.
"""

from __future__ import annotations

from contextlib import suppress
import sys

import cv2
from isaac_ros_tensor_list_interfaces.msg import Tensor, TensorList, TensorShape
import numpy as np
import onnxruntime
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from sensor_msgs.msg import Image

PARTS = ('encoder', 'network', 'decoder')
HEIGHT, WIDTH = 544, 960
MEAN = np.array([0.5, 0.5, 0.5], np.float32)
DEVIATION = np.array([0.5, 0.5, 0.5], np.float32)


class Encoder(Node):
    """Images in, normalised planar tensors out."""

    def __init__(self, namespace: str, model: str) -> None:
        super().__init__('encoder', namespace=namespace)
        self.publisher = self.create_publisher(TensorList, 'tensors', 10)
        self.create_subscription(Image, 'image', self.work, 10)

    def work(self, message: Image) -> None:
        """Encode one image."""
        pixels = np.frombuffer(message.data, np.uint8)
        image = pixels.reshape(message.height, message.width, 3).copy()
        small = cv2.resize(image, (WIDTH, HEIGHT)).astype(np.float32) / 255.0
        planar = ((small - MEAN) / DEVIATION).transpose(2, 0, 1)[np.newaxis]
        self.publisher.publish(tensor_list(message.header, 'image', planar))


class Network(Node):
    """Tensors in, through ONNX Runtime, tensors out."""

    def __init__(self, namespace: str, model: str) -> None:
        super().__init__('network', namespace=namespace)
        self.session = onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])
        self.given = self.session.get_inputs()[0].name
        self.publisher = self.create_publisher(TensorList, 'scores', 10)
        self.create_subscription(TensorList, 'tensors', self.work, 10)

    def work(self, message: TensorList) -> None:
        """Run the network once."""
        (scores,) = self.session.run(None, {self.given: array_of(message)})[:1]
        self.publisher.publish(tensor_list(message.header, 'scores', scores))


class Decoder(Node):
    """Scores in, the class of each pixel out."""

    def __init__(self, namespace: str, model: str) -> None:
        super().__init__('decoder', namespace=namespace)
        self.publisher = self.create_publisher(Image, 'mask', 10)
        self.create_subscription(TensorList, 'scores', self.work, 10)

    def work(self, message: TensorList) -> None:
        """Decode one map of scores."""
        mask = np.argmax(array_of(message)[0], axis=0).astype(np.uint8)
        height, width = mask.shape
        image = Image(header=message.header, height=height, width=width, encoding='mono8')
        image.step = width
        image.data = mask.tobytes()
        self.publisher.publish(image)


def tensor_list(header: object, name: str, array: np.ndarray) -> TensorList:
    """Return a message of one tensor."""
    shape = TensorShape(rank=array.ndim, dims=array.shape)
    tensor = Tensor(name=name, shape=shape, data_type=9)
    tensor.data = array.astype(np.float32).tobytes()
    return TensorList(header=header, tensors=[tensor])


def array_of(message: TensorList) -> np.ndarray:
    """Return the tensor of a message."""
    (tensor,) = message.tensors
    return np.frombuffer(tensor.data, np.float32).reshape(tuple(tensor.shape.dims))


def main(part: str, namespace: str, model: str) -> None:
    """Run one node until it is told to stop."""
    rclpy.init(args=[])
    node = {'encoder': Encoder, 'network': Network, 'decoder': Decoder}[part](namespace, model)
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)


if __name__ == '__main__':
    main(*sys.argv[1:])
