"""CudaPipeline: graphs, frames on their way, and what becomes of changing shapes."""

from __future__ import annotations

from isaac_seg_py.config import DecodeConfig
from isaac_seg_py.errors import BackendError, ImageError, TensorError
from isaac_seg_py.images import RawImage
from makers import agree, CANVAS, CopyNetwork, expected, picture, pipeline, settings
import numpy as np
import pytest


@pytest.mark.parametrize('use_graphs', [True, False])
def test_the_masks_are_those_of_the_reference(any_device, use_graphs):
    with pipeline(any_device, use_graphs=use_graphs) as segment:
        for number in range(5):
            image = picture(seed=800_400 + number)
            found, wanted = segment(image, want_scores=True), expected(image, want_scores=True)
            assert (found.labels == wanted.labels).mean() > 0.999
            assert np.quantile(np.abs(found.scores - wanted.scores), 0.999) < 1e-3
        assert segment.use_graphs == use_graphs


def test_replayed_frames_equal_plain_launches_to_the_bit(any_device):
    images = [picture(seed=800_410 + number) for number in range(4)]
    results = []
    for use_graphs in (True, False):
        with pipeline(any_device, use_graphs=use_graphs) as segment:
            found = [segment(image, want_scores=True, want_colors='rgb8') for image in images]
            results.append(found)
    for replayed, plain in zip(*results, strict=True):
        assert np.array_equal(replayed.labels, plain.labels)
        assert np.array_equal(replayed.scores, plain.scores)
        assert np.array_equal(replayed.color('rgb8'), plain.color('rgb8'))


def test_from_the_third_frame_on_a_frame_is_one_call(device, recorder):
    network = CopyNetwork()
    with pipeline(device, network=network) as segment:
        for number in range(20):
            assert agree(segment(picture(seed=number)), picture(seed=number))
        calls, enqueued = len(recorder.calls), network.enqueued
        segment(picture(seed=99))
        # Waiting until the last image is through, the graph, its event, waiting for that.
        assert recorder.calls[calls:] == ['wait_for', 'launch_graph', 'record', 'wait_for']
        assert network.enqueued == enqueued


def test_a_thousand_frames_allocate_nothing(device, recorder):
    image = picture()
    with pipeline(device, depth=2) as segment:
        for _ in range(10):
            segment(image)
        calls = ('allocate', 'allocate_pinned', 'create_event', 'create_stream', 'begin_capture')
        made = [recorder.count(call) for call in calls]
        alive = recorder.alive
        for _ in range(1000):
            segment(image)
        assert [recorder.count(call) for call in calls] == made
        assert recorder.alive == alive


def test_one_frame_is_taken_while_another_is_on_its_way(any_device):
    images = [picture(seed=800_420 + number) for number in range(8)]
    with pipeline(any_device, depth=2) as segment:
        results = []
        for image in images:
            segment.submit(image)
            if image is not images[0]:
                results.append(segment.result())
        results.append(segment.result())
        assert all(map(agree, results, images))
        with pytest.raises(BackendError, match='submit one'):
            segment.result()


@pytest.mark.parametrize('depth', [0, 1, 3])
def test_a_stream_gives_results_in_order_and_errors_in_their_place(any_device, depth):
    images = [picture(seed=800_440 + number) for number in range(7)]
    with pipeline(any_device) as segment:
        assert all(map(agree, segment.stream(images, depth=depth), images))
        found, bad = [], RawImage.from_array(np.full((30, 36, 3), np.nan, np.float32), '32FC3')
        with pytest.raises(ImageError):
            for result in segment.stream([*images[:3], bad, images[3]]):
                found.append(result)
        assert len(found) == 3
        assert all(map(agree, found, images))
        # What is on its way when somebody stops keeps nobody from going on.
        stream = segment.stream(images, depth=3)
        assert agree(next(stream), images[0])
        with pytest.raises(BackendError, match='take their results'):
            segment(images[0])
        stream.close()
        assert agree(segment(images[5]), images[5])


def test_no_more_frames_than_the_depth_are_on_their_way(any_device):
    with pipeline(any_device) as segment:
        segment.submit(picture())
        with pytest.raises(BackendError, match='take a result'):
            segment.submit(picture())
        with pytest.raises(BackendError, match='take their results'):
            segment(picture())
        assert agree(segment.result(), picture())


def test_results_that_are_held_are_not_written_to(any_device):
    images = [picture(seed=800_430 + number) for number in range(12)]
    with pipeline(any_device) as segment:
        held = [segment(image) for image in images]
        assert all(map(agree, held, images))
    # The memory outlives the pipeline.
    assert all(map(agree, held, images))


def test_sizes_that_change_with_each_frame_need_no_graphs(device, recorder):
    with pipeline(device) as segment:
        for number in range(12):
            image = picture((20 + number, 36), seed=number)
            assert agree(segment(image), image)
        assert recorder.count('begin_capture') == 0
        assert recorder.alive['memory'] < 60


def test_a_few_sizes_in_turn_keep_their_graphs(device, recorder):
    images = [picture((20 + number, 36), seed=number) for number in range(3)]
    with pipeline(device) as segment:
        for _ in range(4):
            for image in images:
                assert agree(segment(image), image)
        captured = recorder.count('begin_capture')
        for image in images * 5:
            assert agree(segment(image), image)
        assert recorder.count('begin_capture') == captured


def test_a_bad_frame_is_an_error_and_the_next_one_passes(any_device):
    bad = picture(encoding='32FC3').data.copy()
    bad[0, 0] = np.inf
    with pipeline(any_device) as segment:
        for _ in range(3):
            assert agree(segment(picture()), picture())
            with pytest.raises(ImageError):
                segment(RawImage.from_array(bad, '32FC3'))
        assert agree(segment(picture()), picture())


def test_a_bad_output_is_an_error_and_the_next_frame_passes(any_device):
    encode = settings(image_mean=(0.0,), image_stddev=(1e-38,))
    huge = RawImage.from_array(np.full((30, 36, 3), 9e4, np.float32), '32FC3')
    with pipeline(any_device, encode=encode) as segment:
        for _ in range(3):
            with pytest.raises(TensorError, match='NaN or infinite'):
                segment(huge)
        assert segment(RawImage.from_array(np.zeros((30, 36, 3), np.float32), '32FC3'))


def test_class_ids_that_outgrow_a_byte_are_counted_in_two(any_device):
    encode = settings(color_order='gray', net_scale_factor=2.0)
    network = CopyNetwork((1, 1, *CANVAS))
    with pipeline(
        any_device,
        encode=encode,
        network=network,
        decode=DecodeConfig(network_output_type='argmax'),
    ) as segment:
        for level, kind in ((100, np.uint8), (101, np.uint8), (200, np.uint16), (9, np.uint16)):
            image = RawImage.from_array(np.full((24, 32), level, np.uint8), 'mono8')
            found = segment(image)
            assert found.labels.dtype == kind
            assert (found.labels == 2 * level).all()
