"""What `isaac-seg bag` writes."""

from __future__ import annotations

from pathlib import Path
import signal
import subprocess
import sys

import bag_maker
from isaac_seg_py.cli.main import main
import numpy as np
import pytest

pytest.importorskip('mcap', reason='pip install mcap rosbags')
pytest.importorskip('rosbags', reason='pip install mcap rosbags')

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parent.parent.parent


def by_topic(path: Path) -> dict[str, list]:
    """Return the messages of a bag by topic."""
    found: dict[str, list] = {}
    for record in bag_maker.read_bag(path)[0]:
        found.setdefault(record.topic.name, []).append(record)
    return found


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize('output', ['out.mcap', 'out'])
def test_masks_are_added_and_all_else_is_kept(
    model: str, tmp_path: Path, storage: str, output: str, capsys: Capture
) -> None:
    from isaac_seg_py.bags.messages import Messages

    bag = bag_maker.write_bag(tmp_path / 'in', storage)
    out = tmp_path / output
    words = ['--overlay', '--color', '--alpha', '0', '--name', 'unet']
    assert main(['bag', '--model', model, str(bag), str(out), *words]) == 0
    before, after = by_topic(bag), by_topic(out)
    for name, messages in before.items():
        assert [bytes(m.data) for m in after[name]] == [bytes(m.data) for m in messages]
        assert [m.log_time for m in after[name]] == [m.log_time for m in messages]
        assert after[name][0].topic == messages[0].topic
    reader = Messages()
    for camera in ('/cam/image', '/cam2/image/compressed'):
        kinds = ('raw_segmentation_mask', 'colored_segmentation_mask', 'blended_image')
        masks, colors, overlays = (after[f'{camera}/unet/{kind}'] for kind in kinds)
        for number, image in enumerate(before[camera]):
            header, mask = reader.read_image(masks[number])
            assert mask.encoding == 'mono8'
            np.testing.assert_array_equal(mask.data, bag_maker.truth(number))
            assert header == reader.read(image).header
            assert header.frame_id == f'camera {number}'
            assert masks[number].log_time == image.log_time
            assert masks[number].publish_time == (
                image.publish_time if output != 'out' or storage == 'mcap' else image.log_time
            )
            color = reader.read_image(colors[number])[1]
            assert color.data[0, 0].tolist() == [1, 2, 3]
            assert color.data[number, 4].tolist() == [0, 0, 255]
            overlay = reader.read_image(overlays[number])[1]
            assert overlay.encoding == 'rgb8'
            assert overlay.data[0, 0].tolist() == [200, 0, 0]
            assert overlay.data[number, 4].tolist() == [0, 0, 255]
    assert set(after) == {*before, *(f'{c}/unet/{k}' for c in list(before)[:2] for k in kinds)}
    captured = capsys.readouterr()
    assert captured.out.startswith('15 messages kept, masks added: 5 of /cam/image, 5 of /cam2')
    assert 'kept without knowing their types: odd_msgs/msg/Odd (5)' in captured.err


def test_only_topics_asked_for_get_masks(model: str, tmp_path: Path) -> None:
    bag = bag_maker.write_bag(tmp_path / 'in.mcap')
    words = ['bag', '--model', model, str(bag), str(tmp_path / 'out.mcap')]
    assert main([*words, '--topics', '/cam/image,']) == 0
    assert set(by_topic(tmp_path / 'out.mcap')) == {
        '/cam/image', '/cam2/image/compressed', '/odd', '/cam/image/unet/raw_segmentation_mask',
    }  # fmt: skip
    second = ['bag', '--model', model, str(tmp_path / 'out.mcap'), str(tmp_path / 'two.mcap')]
    assert main([*second, '--name', 'other']) == 0
    assert {name for name in by_topic(tmp_path / 'two.mcap') if 'other' in name} == {
        '/cam/image/other/raw_segmentation_mask',
        '/cam2/image/compressed/other/raw_segmentation_mask',
    }, 'masks are not segmented'


def test_the_truth_of_scenes_is_not_segmented_unless_asked_for(tmp_path: Path) -> None:
    bag, out = tmp_path / 'in.mcap', tmp_path / 'out.mcap'
    words = ['--count', '2', '--first', '800090', '--size', '64x80']
    assert main(['scenes', '--bag', str(bag), *words]) == 0
    segment = ['bag', str(bag), str(out), '--overwrite', '--threads', '1']
    for more, image in (([], '/image'), (['--topics', '/ground_truth'], '/ground_truth')):
        assert main([*segment, *more]) == 0
        masks = [name for name in by_topic(out) if name.endswith('/raw_segmentation_mask')]
        assert masks == [f'{image}/unet/raw_segmentation_mask']


def test_images_that_cannot_be_read_are_kept_and_named(
    model: str, tmp_path: Path, capsys: Capture
) -> None:
    from dataclasses import replace

    from isaac_seg_py.bags.opening import make_bag

    records, _ = bag_maker.read_bag(bag_maker.write_bag(tmp_path / 'in.mcap'))
    with make_bag(tmp_path / 'bad.mcap', 'mcap') as writer:
        for number, record in enumerate(records):
            cut = len(record.data) // 2 if number in (3, 4) else len(record.data)
            writer.write(replace(record, data=record.data[:cut]))
    out = tmp_path / 'out.mcap'
    assert main(['bag', '--model', model, str(tmp_path / 'bad.mcap'), str(out)]) == 0
    found = by_topic(out)
    assert len(found['/cam/image']) == 5
    assert len(found['/cam/image/unet/raw_segmentation_mask']) == 4
    error = capsys.readouterr().err
    assert '1 images of /cam/image have no mask; the first: the message is damaged' in error
    assert '1 images of /cam2/image/compressed have no mask' in error


def test_a_cut_bag_is_segmented_as_far_as_it_goes(
    model: str, tmp_path: Path, capsys: Capture
) -> None:
    bag = bag_maker.write_bag(tmp_path / 'in.mcap', compression='none', frames=8)
    content = bag.read_bytes()
    bag.write_bytes(content[: content.index(b'camera 6')])
    out = tmp_path / 'out.mcap'
    assert main(['bag', '--model', model, str(bag), str(out)]) == 0
    assert len(by_topic(out)['/cam/image/unet/raw_segmentation_mask']) == 6
    assert 'in.mcap is cut off or damaged: its last' in capsys.readouterr().err
    assert not bag_maker.read_bag(out)[1]


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['IN', 'IN'], 'is the input; choose another output'),
        (['FOLDER', 'FOLDER', '--overwrite'], 'is the input; choose another output'),
        (['FOLDER/folder_0.mcap', 'FOLDER', '--overwrite'], 'is the input'),
        (['IN', 'OTHER'], 'is there already; give --overwrite'),
        (['IN', 'out.db3'], 'ends with .db3'),
        (['IN', 'out.mcap', '--topics', '/cam/imag'], 'Did you mean /cam/image?'),
        (['IN', 'out.mcap', '--alpha', '2'], '--alpha is 2'),
        (['IN', 'out.mcap', '--name', 'my net'], "--name is 'my net'; letters"),
        (['EMPTY', 'out.mcap'], 'has no images; its topics are /tf (tf2_msgs/msg/TFMessage, 1)'),
        (['missing.mcap', 'out.mcap'], "'missing.mcap' does not exist"),
        (['OTHER', 'out.mcap'], 'begins neither as MCAP nor as SQLite'),
        (['IN', 'out.mcap', '--overlay', '--set', 'mask_frame=network'], 'leave out --overlay'),
        (['IN', 'out.mcap', '--model', 'tiny-sam'], 'segment --model tiny-sam --box'),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(
    model: str, tmp_path: Path, words: list[str], said: str, capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from isaac_seg_py.bags.opening import make_bag
    from isaac_seg_py.bags.records import BagMessage, Topic

    monkeypatch.chdir(tmp_path)
    bag_maker.write_bag(Path('in.mcap'))
    bag_maker.write_bag(Path('folder'))
    Path('other.mcap').write_text('not a bag')
    with make_bag(Path('empty.mcap'), 'mcap') as writer:
        writer.write(BagMessage(Topic('/tf', 'tf2_msgs/msg/TFMessage'), 0, 0, b''))
    before = {path: path.read_bytes() for path in tmp_path.rglob('*') if path.is_file()}
    names = {'IN': 'in.mcap', 'OTHER': 'other.mcap', 'FOLDER': 'folder', 'EMPTY': 'empty.mcap'}
    for name, value in names.items():
        words = [word.replace(name, value) for word in words]
    assert main(['bag', '--model', model, *words]) == 2
    error = capsys.readouterr().err
    assert error.count('\n') == 1
    assert said in error
    assert {p: p.read_bytes() for p in tmp_path.rglob('*') if p.is_file()} == before


def test_a_second_run_does_not_hide_the_masks_of_the_first(
    model: str, tmp_path: Path, capsys: Capture
) -> None:
    bag = bag_maker.write_bag(tmp_path / 'in.mcap')
    assert main(['bag', '--model', model, str(bag), str(tmp_path / 'out.mcap')]) == 0
    again = ['bag', '--model', model, str(tmp_path / 'out.mcap'), str(tmp_path / 'two.mcap')]
    assert main(again) == 2
    assert 'already; give another --name' in capsys.readouterr().err
    assert not (tmp_path / 'two.mcap').exists()


@pytest.mark.parametrize('output', ['out.mcap', 'out'])
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_a_bag_that_can_be_read(
    model: str, tmp_path: Path, number: int, output: str
) -> None:
    bag = bag_maker.write_bag(tmp_path / 'in', 'sqlite3', frames=8)
    # Sent from within, while the fourth image is at the network.
    code = f"""
import os, sys
from isaac_seg_py.segmenter import Segmenter
from isaac_seg_py.cli.main import main
call, seen = Segmenter.__call__, []
def counted(self, image, **more):
    seen.append(1)
    if len(seen) == 4:
        os.kill(os.getpid(), {int(number)})
    return call(self, image, **more)
Segmenter.__call__ = counted
sys.exit(main(['bag', '--model', {model!r}, {str(bag)!r}, {str(tmp_path / output)!r}]))
"""
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 128 + number
    assert 'stopped before the end; what was done is in' in done.stderr
    assert 'Traceback' not in done.stderr
    records, faults = bag_maker.read_bag(tmp_path / output)
    assert not faults
    masks = [r for r in records if 'mask' in r.topic.name]
    assert len(masks) == 4
    assert (tmp_path / 'out' / 'metadata.yaml').exists() == (output == 'out')


@pytest.mark.parametrize('output', ['out.mcap', 'out'])
def test_a_full_disk_is_one_line(model: str, tmp_path: Path, output: str) -> None:
    bag = bag_maker.write_bag(tmp_path / 'in', 'sqlite3', frames=8)
    code = (
        'import resource, sys\n'
        # No file may grow beyond that: SQLite and MCAP hear of it as of a full disk.
        'resource.setrlimit(resource.RLIMIT_FSIZE, (26_000, 26_000))\n'
        'from isaac_seg_py.cli.main import main\n'
        'sys.exit(main(sys.argv[1:]))'
    )
    words = ['--model', model, '--compression', 'none', '--overlay', '--color']
    done = subprocess.run(
        [sys.executable, '-B', '-c', code, 'bag', *words, str(bag), str(tmp_path / output)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert 'Traceback' not in done.stderr
    assert done.stderr.splitlines()[-1].startswith('isaac-seg: error: ')
