"""What `isaac-seg evaluate` and `isaac-seg scenes` do."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys
from typing import Any

import cv2
from isaac_seg_py.cli.main import main
from isaac_seg_py.scenes import make_scene, make_video
import numpy as np
import pytest

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def labelled(photos: Path) -> Path:
    """Give the two photos with labels: half of the blue square is said to be green."""
    (folder := photos.parent / 'data').mkdir()
    photos.rename(folder / 'images')
    (folder / 'labels').mkdir()
    one = np.zeros((12, 16), np.uint8)
    one[4:8, 4:6], one[4:8, 6:8], one[0] = 2, 1, 255
    for name, labels in (('one', one), ('two', np.ones((12, 16), np.uint8))):
        cv2.imwrite(str(folder / f'labels/{name}.png'), labels)
    return folder


def test_a_folder_is_measured(model: str, labelled: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / 'report'
    assert main(['evaluate', model, str(labelled), '--out', str(out)]) == 0
    captured = capsys.readouterr()
    # One row of 16 is ignored, 16 pixels are blue, 8 of them said to be green.
    said = json.loads((out / 'evaluation.json').read_text())['semantic']
    assert said['confusion'] == [[160, 0, 0, 0], [0, 192, 8, 0], [0, 0, 8, 0]]
    assert [one['name'] for one in said['classes']] == ['red', 'green', 'blue']
    assert [one['iou'] for one in said['classes']] == [1, 192 / 200, 8 / 16]
    assert said['mean_iou'] == pytest.approx((1 + 0.96 + 0.5) / 3)
    assert said['pixel_accuracy'] == pytest.approx(360 / 368)
    assert 'mean IoU 0.820' in captured.out
    assert 'green     200  0.960     0.960      1.000' in captured.out
    assert '2 of 2' in captured.err
    plot = cv2.imread(str(out / 'confusion.png'))
    assert plot is not None
    assert main(['evaluate', model, str(labelled), '--out', str(out)]) == 2
    assert 'give --overwrite' in capsys.readouterr().err
    assert main(['evaluate', model, str(labelled), '--out', str(out), '--overwrite']) == 0


def test_json_is_all_that_is_printed(model: str, labelled: Path, capsys: Capture) -> None:
    (labelled / 'images/bad.png').write_bytes(b'no picture')
    (labelled / 'labels/bad.png').write_bytes(b'no picture')
    assert main(['evaluate', model, str(labelled), '--json', '--ignore', '2']) == 2
    assert 'has the label 255, but there are 3 classes' in capsys.readouterr().err
    assert main(['evaluate', model, str(labelled), '--json']) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)['pictures'] == 2
    assert 'passed over: image' in captured.err


def test_names_of_the_data_are_found_among_those_of_the_network(
    model: str, labelled: Path, capsys: Capture
) -> None:
    (labelled / 'classes.txt').write_text('Red\nblue\ngreen\n')
    for path in (labelled / 'labels').iterdir():
        labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        table = np.arange(256, dtype=np.uint8)
        table[[1, 2]] = 2, 1
        cv2.imwrite(str(path), table[labels])
    assert main(['evaluate', model, str(labelled), '--json']) == 0
    said = json.loads(capsys.readouterr().out)['semantic']
    assert [one['iou'] for one in said['classes']] == [1, 0.5, 0.96]


def test_scenes_are_measured_alike_from_seeds_and_from_the_disk(
    tmp_path: Path, capsys: Capture
) -> None:
    folder = tmp_path / 'scenes'
    where = ['--first', '800040', '--size', '96x128']
    assert main(['scenes', str(folder), '--count', '3', *where]) == 0
    said: list[Any] = []
    capsys.readouterr()
    for data in (['--scenes', '3', *where], [str(folder)], [str(folder / 'instances.json')]):
        assert main(['evaluate', 'tiny-unet', *data, '--json', '--threads', '1']) == 0
        said.append(json.loads(capsys.readouterr().out)['semantic'])
    assert said[0] == said[1] == said[2]
    assert said[0]['mean_iou'] > 0.5


@pytest.mark.parametrize('kind', ['rle', 'polygons'])
def test_objects_are_measured(tmp_path: Path, capsys: Capture, kind: str) -> None:
    pytest.importorskip('pycocotools', reason='pip install pycocotools')
    folder = tmp_path / 'scenes'
    where = ['--first', '800050', '--size', '240x320']
    assert main(['scenes', str(folder), '--count', '4', '--coco', kind, *where]) == 0
    said: list[Any] = []
    capsys.readouterr()
    for data in (['--scenes', '4', *where], [str(folder / 'instances.json')], [str(folder)]):
        words = ['evaluate', 'tiny-instances', *data, '--threads', '1']
        assert main([*words, '--json']) == 0
        said.append(json.loads(capsys.readouterr().out)['instances'])
    assert said[0] == said[1] == said[2]
    assert said[0]['mask']['AP50'] > 0.6
    assert main(words) == 0
    assert 'mask: AP 0.' in capsys.readouterr().out
    assert main([*words, '--json', '--set', 'score_threshold=0.25']) == 0
    assert json.loads(capsys.readouterr().out)['instances']['found'] < said[0]['found']


def test_a_folder_of_scenes_shows_its_objects(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / 'scenes'
    where = ['--first', '800080', '--size', '120x160']
    assert main(['scenes', str(folder), '--count', '2', *where]) == 0
    for prompts in ('box', 'point'):
        said: list[Any] = []
        for data in ([str(folder)], [str(folder / 'instances.json')]):
            capsys.readouterr()
            words = ['evaluate', 'tiny-sam', *data, '--prompts', prompts, '--threads', '1']
            assert main([*words, '--json']) == 0
            said.append(json.loads(capsys.readouterr().out))
        assert said[0]['objects']['all'] > 1
        assert said[0]['mean_iou'] == said[1]['mean_iou']


def test_a_video_is_a_moving_scene(tmp_path: Path) -> None:
    folder = tmp_path / 'film'
    words = ['scenes', str(folder), '--count', '3', '--first', '800060', '--size', '64x80']
    assert main([*words, '--video']) == 0
    for number, scene in enumerate(make_video(800_060, 3, (64, 80))):
        image = cv2.imread(str(folder / f'images/frame_{number:06d}.png'))
        assert image is not None
        np.testing.assert_array_equal(image[..., ::-1], scene.image)
    content = json.loads((folder / 'instances.json').read_text())
    assert [one['id'] for one in content['images']] == [1, 2, 3]
    ids = [one['id'] for one in content['annotations']]
    assert ids == list(range(1, len(ids) + 1))


def test_scenes_become_a_bag(tmp_path: Path) -> None:
    pytest.importorskip('mcap', reason='pip install mcap rosbags')
    pytest.importorskip('rosbags', reason='pip install mcap rosbags')
    from bag_maker import read_bag
    from isaac_seg_py.bags.messages import Messages

    words = ['scenes', '--count', '2', '--first', '800070', '--size', '64x80', '--bag']
    for bag in (tmp_path / 'a.mcap', tmp_path / 'b'):
        assert main([*words, str(bag)]) == 0
        records, faults = read_bag(bag)
        assert not faults
        assert [r.topic.name for r in records] == ['/camera_info', '/ground_truth', '/image'] * 2
        reader = Messages()
        for number in range(2):
            scene = make_scene(800_070 + number, (64, 80))
            info, truth, image = records[3 * number : 3 * number + 3]
            header, pixels = reader.read_image(image)
            assert header == reader.read(info).header == reader.read(truth).header
            assert header.stamp.sec * 10**9 + header.stamp.nanosec == image.log_time
            np.testing.assert_array_equal(pixels.data, scene.image)
            np.testing.assert_array_equal(reader.read_image(truth)[1].data, scene.labels)
        assert records[3].log_time - records[0].log_time == round(1e9 / 15)


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['evaluate', 'MODEL'], 'the data is missing, or came twice'),
        (['evaluate', 'MODEL', 'DATA', '--scenes', '3'], 'the data is missing, or came twice'),
        (['evaluate', 'MODEL', 'nowhere'], "'nowhere' does not exist"),
        (['evaluate', 'MODEL', 'DATA/images'], 'has no folders images/ and labels/'),
        (['evaluate', 'MODEL', 'DATA', '--ignore', '-1'], '--ignore is -1; 0 to 255'),
        (['evaluate', 'MODEL', '--scenes', '-3'], '-3 scenes are asked for'),
        (['evaluate', 'MODEL', '--scenes', '1', '--size', '480'], 'HEIGHTxWIDTH is expected'),
        (['evaluate', 'MODEL', '--scenes', '1', '--size', '96x128'], 'no name fits'),
        (['evaluate', 'tiny-instances', 'DATA'], 'the network finds objects, but the data has'),
        (['evaluate', 'tiny-unet', 'DATA', '--set', 'mask_frame=network'], 'must be of one size'),
        (['scenes'], 'the output is missing'),
        (['scenes', 'DATA'], 'is there already; choose a folder that is new'),
        (['scenes', 'new', '--count', '0'], '--count is 0'),
        (['scenes', 'new', '--size', '1x1'], '1'),
        (['scenes', 'new', '--first', '-1'], 'seed'),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(
    model: str, labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    words: list[str], said: str, capsys: Capture,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    words = [w.replace('MODEL', model).replace('DATA', str(labelled)) for w in words]
    before = sorted(tmp_path.rglob('*'))
    assert main(words) == 2
    error = [line for line in capsys.readouterr().err.splitlines() if 'error' in line]
    assert len(error) == 1
    assert said in error[0]
    assert sorted(tmp_path.rglob('*')) == before


def test_a_missing_library_is_one_line(tmp_path: Path) -> None:
    code = (
        'import sys\n'
        'sys.modules.update(dict.fromkeys(("rosbags", "pycocotools", "pycocotools.cocoeval")))\n'
        'from isaac_seg_py.cli.main import main\n'
        'sys.exit(main(sys.argv[1:]))'
    )
    for words, said in (
        (['scenes', '--count', '1', '--bag', str(tmp_path / 'a.mcap')], 'mcap rosbags'),
        (['evaluate', 'tiny-instances', '--scenes', '1'], 'pip install pycocotools'),
    ):
        done = subprocess.run(
            [sys.executable, '-c', code, *words],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert said in done.stderr.splitlines()[-1]
        assert 'Traceback' not in done.stderr
