"""Which class is the background, as the model says or else the settings: in colours and JSON."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import String
import tiny_models
from topic_listener import QOS, Topics
from watched_graph import array, message, picture

pytestmark = pytest.mark.ros
MASK, COLORS, JSON = 'raw_segmentation_mask', 'colored_segmentation_mask', 'json'
TOPICS = {f'unet/{MASK}': Image, f'unet/{COLORS}': Image, f'unet/{JSON}': String}


def test_the_setting_wins_over_the_model_and_may_change(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None], tmp_path: Path
) -> None:
    tiny_models.brightest_channel(tmp_path / 'net.onnx')
    model = tmp_path / 'net.yaml'
    model.write_text(
        'name: net\nfamily: unet\nfile: net.onnx\nlabels: [a, b, c]\nbackground: none\n'
    )
    topics = Topics(outside, TOPICS)
    told = {'unet_decoder_node': {'color_segmentation_mask_encoding': 'rgba8'}}
    graph = compose('unet', told, model=str(model), overlay='false')
    decoder = graph['unet_decoder_node']
    images = outside.create_publisher(Image, 'image', QOS)
    until(lambda: images.get_subscription_count() == 1, 'discovery of the camera')
    until(lambda: topics.are_known_to(graph), 'discovery of the results')
    for number, chosen in enumerate((None, 2, 0, -1)):
        if chosen is not None:
            result = decoder.set_parameters([Parameter('background_class', value=chosen)])
            assert result[0].successful
        images.publish(message(picture((48, 64)), number))
        until(lambda count=number + 1: topics.have(count), 'results')
        mask = array(topics[f'unet/{MASK}'][number])
        assert set(mask.flat) == {0, 1, 2}
        clear = array(topics[f'unet/{COLORS}'][number])[..., 3] == 0
        assert (clear == (mask == chosen)).all(), chosen
        content = json.loads(topics[f'unet/{JSON}'][number].data)
        boxed = [one['id'] for one in content['classes'] if one['boxes']]
        assert boxed == [one for one in range(3) if one != chosen]
