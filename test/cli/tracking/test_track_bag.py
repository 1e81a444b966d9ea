"""`isaac-seg track` with bags: masks and lines of JSON of the objects in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from color_boxes import is_on, lines, picture, RED, text
import numpy as np
import pytest

Run = Callable[..., int]


def write_drive(bag: Path, *more: str) -> Path:
    """Write a bag of five pictures, one in a second, on one topic or on several."""
    pytest.importorskip('rosbags', reason='rosbags is not installed')
    from isaac_seg_py.bags.messages import IMAGE, Messages
    from isaac_seg_py.bags.opening import make_bag
    from isaac_seg_py.bags.records import BagMessage
    from isaac_seg_py.images import RawImage

    messages = Messages()
    topics = [messages.topic(name, IMAGE) for name in ('/camera/image', *more)]
    with make_bag(bag, 'mcap') as writer:
        for number in range(5):
            time = (1000 + number) * 10**9
            image = RawImage.from_array(picture(number), 'rgb8')
            data = messages.write_image(messages.header(time, 'camera'), image)
            for topic in topics:
                writer.write(BagMessage(topic, time, time, data, number))
    return bag


def test_a_bag_gets_the_masks_of_its_objects(
    track: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag, out = write_drive(tmp_path / 'drive.mcap'), tmp_path / 'cup.mcap'
    from isaac_seg_py.bags.messages import Messages
    from isaac_seg_py.bags.opening import open_bag
    from isaac_seg_py.bags.records import BagMessage

    messages = Messages()
    # Seconds count from the first image, whatever the clock of the bag says.
    words = ['--box', f'cup={text(RED)}', '--at', '2', '--point', f'plate={48 + 2},32']
    assert track(bag, out, *words) == 0
    told = lines(tmp_path / 'cup.jsonl')
    assert [one['stamp']['sec'] for one in told] == [1000, 1001, 1002, 1003, 1004]
    assert [len(one['objects']) for one in told] == [1, 1, 2, 2, 2]
    assert all(is_on(one['objects'][0], RED, n) for n, one in enumerate(told))
    with open_bag(out) as reader:
        masks = [
            messages.read_image(record)[1]
            for record in reader.records()
            if isinstance(record, BagMessage)
            and record.topic.name == '/camera/image/sam2/raw_segmentation_mask'
        ]
    assert len(masks) == 5
    assert masks[4] is not None
    assert set(np.unique(masks[4].data)) == {0, 1, 2}
    assert track(out, tmp_path / 'two.mcap', '--topic', '/camera/image', *words) == 2
    assert 'has a topic /camera/image/sam2/raw_segmentation_mask already; give another --name' in (
        capsys.readouterr().err
    )
    given = ['--topic', '/camera/image', '--name', 'again', *words]
    assert track(out, tmp_path / 'three.mcap', *given) == 0
    with open_bag(tmp_path / 'three.mcap') as reader:
        assert '/camera/image/again/blended_image' in {topic.name for topic in reader.topics()}
    assert track(bag, out, '--name', '7 cups', *words) == 2
    assert "--name is '7 cups'" in capsys.readouterr().err


def test_a_bag_of_two_cameras_needs_the_name_of_one(
    track: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write_drive(tmp_path / 'drive.mcap', '/other/image')
    words = [bag, tmp_path / 'cup.v2', '--box', f'cup={text(RED)}']
    assert track(*words) == 2
    assert 'has 2 image topics; name one with --topic: /camera' in capsys.readouterr().err
    assert track(*words, '--topic', '/other/image') == 0
    assert '5 images of /other/image' in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {'drive.mcap', 'cup.v2', 'cup.v2.jsonl'}
    assert len(lines(tmp_path / 'cup.v2.jsonl')) == 5


@pytest.mark.parametrize('name', ['cup.mcap', 'cup'])
def test_an_error_leaves_the_results_of_the_run_before(
    track: Run, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bag, out = write_drive(tmp_path / 'drive.mcap'), tmp_path / name
    words = [bag, out, '--overwrite', '--box', f'cup={text(RED)}']
    late = ['--at', '2', '--box', 'far=500,500,600,600']
    for is_first in (True, False):
        before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob('*')}
        assert track(*words, *late) == 2
        assert 'lies outside of the image' in capsys.readouterr().err
        after = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob('*')}
        assert after == before
        assert is_first != out.exists()
        assert track(*words) == 0
    assert len(lines(tmp_path / 'cup.jsonl')) == 5
