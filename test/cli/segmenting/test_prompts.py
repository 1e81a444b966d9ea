"""`isaac-seg segment` with prompts: what the words mean, and what is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from box_sam import box_sam, SCORE
import cv2
from isaac_seg_py.cli.main import main
from isaac_seg_py.cli.prompting.arguments import parse_objects
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.rle import decode
import numpy as np
import pytest

Capture = pytest.CaptureFixture[str]
SIZE = (64, 64)


def told(*prompts: str) -> list[Any]:
    """Read `--box` and `--point` as they are typed."""
    pairs = [tuple(one.split(' ')) for one in prompts]
    return [(one.name, one.box, one.points, one.labels) for one in parse_objects(pairs)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('prompts', 'objects'),
    [
        (
            ['--box 1,2,3,4', '--box 5,6,7,8'],
            [('', [1, 2, 3, 4], [], []), ('', [5, 6, 7, 8], [], [])],
        ),
        (['--point 1,2', '--point 3,4,0'], [('', None, [[1, 2], [3, 4]], [1, 0])]),
        (['--point 1,2', '--box 1,2,3,4'], [('', [1, 2, 3, 4], [[1, 2]], [1])]),
        (
            ['--point cat=1,2', '--point 3,4', '--box cat=1,2,3,4', '--point cat=5,6.5,0'],
            [('cat', [1, 2, 3, 4], [[1, 2], [5, 6.5]], [1, 0]), ('', None, [[3, 4]], [1])],
        ),
        (['--point a=b=1,2,1'], [('a=b', None, [[1, 2]], [1])]),
        ([], []),
    ],
)  # fmt: skip
def test_what_belongs_to_one_object(prompts: list[str], objects: list[Any]) -> None:
    assert told(*prompts) == objects


@pytest.mark.parametrize(
    ('prompts', 'said'),
    [
        (['--box 1,2,3'], r'--box is .1,2,3.; .NAME=.x1,y1,x2,y2 is expected'),
        (['--box 1,2,3,x'], 'is expected, in pixels'),
        (['--point 1'], 'x,y or'),
        (['--point nan,2'], 'is expected'),
        (['--point 1,2,2'], 'ends with 2; 1 .on the object. or 0'),
        (['--point =1,2'], 'no name before the ='),
        (['--box a=1,2,3,4', '--box a=1,2,3,4'], "second box of 'a'"),
        (['--box 1,2,3,4', '--box 1,2,3,5', '--point 1,2'], 'with 2 boxes without one'),
    ],
)
def test_prompts_that_say_nothing_clear_are_refused(prompts: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        told(*prompts)


@pytest.fixture
def model(tmp_path: Path) -> str:
    """Give a network that answers with the very box."""
    return str(box_sam(tmp_path))


@pytest.fixture
def photo(tmp_path: Path) -> str:
    """Give a grey picture."""
    path = tmp_path / 'photo.png'
    cv2.imwrite(str(path), np.full((*SIZE, 3), 100, np.uint8))
    return str(path)


def segment(model: str, photo: str, out: Path, *more: str) -> int:
    """Run the verb."""
    return main(['segment', '--model', model, '--threads', '1', photo, str(out), *more])


def test_boxes_and_points_become_objects_with_names(
    model: str, photo: str, tmp_path: Path
) -> None:
    out = tmp_path / 'out'
    assert segment(model, photo, out, '--box', 'cat=4,8,24,20', '--point', '40,40') == 0
    found = json.loads((out / 'photo.json').read_text())
    assert found['size'] == [64, 64]
    cat, other = found['objects']
    assert (cat['id'], cat['name'], cat['box']) == ('cat', 'cat', [4, 8, 24, 20])
    assert (other['id'], other['name'], other['box']) == (2, 'object', [30, 30, 50, 50])
    assert cat['score'] == pytest.approx(SCORE)
    # Half a pixel from the edge a score is 0.5: below the threshold and 1, above it less 1.
    assert cat['stability'] == pytest.approx(18 * 10 / (22 * 14))
    mask = decode(cat['rle'])
    assert mask.sum() == cat['area'] == 20 * 12
    labels = cv2.imread(str(out / 'photo_mask.png'), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(labels == 1, mask)
    assert (labels[30:50, 30:50] == 2).all()
    for name in ('photo_color.png', 'photo_overlay.png'):
        assert (out / name).is_file()


def test_everything_is_asked_for_on_a_grid(model: str, photo: str, tmp_path: Path) -> None:
    out = tmp_path / 'out'
    settings = ['--set', 'points_per_side=2', '--set', 'stability_score_thresh=0.5']
    assert segment(model, photo, out, '--everything', *settings) == 0
    found = json.loads((out / 'photo.json').read_text())['objects']
    assert sorted(one['box'] for one in found) == [
        [6, 6, 26, 26], [6, 38, 26, 58], [38, 6, 58, 26], [38, 38, 58, 58]
    ]  # fmt: skip
    assert {one['name'] for one in found} == {'object'}
    # What the manifest says goes before the defaults, and behind what is typed.
    manifest = Path(model)
    manifest.write_text(
        manifest.read_text() + 'everything: {points_per_side: 3, stability_score_thresh: 0.5}\n'
    )
    for words, count in (([], 9), (['--set', 'points_per_side=1'], 1)):
        assert segment(model, photo, out, '--everything', '--overwrite', *words) == 0
        assert len(json.loads((out / 'photo.json').read_text())['objects']) == count


def test_the_same_objects_are_shown_in_each_picture_and_refused_outside(
    model: str, photo: str, tmp_path: Path, capsys: Capture
) -> None:
    small = tmp_path / 'small.png'
    cv2.imwrite(str(small), np.zeros((20, 20, 3), np.uint8))
    out = tmp_path / 'out'
    words = ['segment', '--model', model, photo, str(small), str(out)]
    assert main([*words, '--box', '1,2,9,9']) == 0
    for name in ('photo', 'small'):
        (one,) = json.loads((out / f'{name}.json').read_text())['objects']
        assert one['id'] == 1
    assert main([*words, '--overwrite', '--box', '30,30,50,50']) == 2
    assert 'outside of the image of 20x20' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        ([], 'must be shown what to look for; give --box x1,y1,x2,y2, --point x,y or --every'),
        (['--everything', '--point', '1,1'], '--everything takes no --box'),
        (['--box', '1,1,9,9', '--set', 'max_masks=3'], 'only --everything has these settings'),
        (['--box', '9,1,1,9'], 'x1 < x2'),
        (['--box', '1,1,9,9', '--output-blob', 'x'], 'leave them out'),
        (['--everything', '--set', 'points_per_side=0'], 'points_per_side is 0'),
    ],
)
def test_what_does_not_go_together_is_told(
    model: str, photo: str, tmp_path: Path, capsys: Capture, words: list[str], said: str
) -> None:
    assert segment(model, photo, tmp_path / 'out', *words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['--point', '20,20,0'], '--point 20,20,0 has only points beside it; an object needs a'),
        (['--point', '-5,20'], 'point (-5, 20) of --point -5,20 lies outside of the image'),
        (['--point', '-.5,20'], 'point (-0.5, 20) of --point -.5,20 lies outside'),
        (
            ['--box', '1,1,9,9', '--box', 'cat=9,1,1,9', '--point', 'cat=3,3'],
            'the box of --box cat=9,1,1,9 --point cat=3,3 is [9.0, 1.0, 1.0, 9.0]',
        ),
    ],
)
def test_a_refusal_quotes_what_was_typed_and_shows_no_empty_bar(
    model: str, photo: str, tmp_path: Path, capsys: Capture, words: list[str], said: str
) -> None:
    assert segment(model, photo, tmp_path / 'out', *words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count('\n') == 1


@pytest.mark.parametrize(
    ('words', 'said', 'count'),
    [
        (['--box', '4,8,24,20', '--point', 'cat=40,40'], '; 2 objects; results in', 2),
        (['--box', '4,8,24,20'], '; 1 object; results in', 1),
        (['--everything'], '; no objects found (a lower pred_iou_thresh', 0),
    ],
)
def test_the_summary_says_how_many_objects_there_are(
    model: str, photo: str, tmp_path: Path, capsys: Capture,
    words: list[str], said: str, count: int,
) -> None:  # fmt: skip
    more = ['--set', 'stability_score_thresh=0.99'] if '--everything' in words else []
    assert segment(model, photo, tmp_path / 'out', *words, *more) == 0
    assert said in capsys.readouterr().out.splitlines()[0]
    json_words = [*words, *more, '--stats-json', '--overwrite']
    assert segment(model, photo, tmp_path / 'out', *json_words) == 0
    assert json.loads(capsys.readouterr().out)['objects'] == count


def test_prompts_without_a_model_are_for_tiny_sam(
    photo: str, tmp_path: Path, capsys: Capture
) -> None:
    words = ['segment', photo, str(tmp_path / 'out'), '--threads', '1']
    assert main([*words, '--box', '4,8,24,20']) == 0
    (one,) = json.loads((tmp_path / 'out/photo.json').read_text())['objects']
    assert (one['id'], one['name']) == (1, 'object')
    assert main([*words, '--everything', '--set', 'points_per_sid=8']) == 2
    error = capsys.readouterr().err
    assert "there is no setting 'points_per_sid'. Did you mean points_per_side?" in error
    for foreign in ('filter_mode', 'score_threshold', 'memory_pool_block_size'):
        assert main([*words, '--everything', '--set', f'{foreign}s=8']) == 2
        assert foreign not in capsys.readouterr().err.replace(f'{foreign}s', '')


def test_what_follows_objects_is_named(photo: str, tmp_path: Path, capsys: Capture) -> None:
    for words in (['--point', '1,1'], []):
        assert segment('tiny-sam2', photo, tmp_path / 'out', *words) == 2
        assert 'isaac-seg track' in capsys.readouterr().err


def test_other_networks_take_no_prompts(photo: str, tmp_path: Path, capsys: Capture) -> None:
    assert segment('tiny-unet', photo, tmp_path / 'out', '--point', '1,1') == 2
    assert 'model tiny-unet takes no prompts' in capsys.readouterr().err
