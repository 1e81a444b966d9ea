"""What somebody types who comes from segNet, and what comes of it."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
from family_networks import by_channel, image_to
from isaac_seg_py.cli.main import main
import numpy as np
import pytest

Capture = pytest.CaptureFixture[str]


def read(path: Path) -> np.ndarray:
    """Read a picture as RGB, or a map of classes as it is."""
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found[..., ::-1] if found.ndim == 3 else found


@pytest.fixture
def bare(tmp_path: Path) -> str:
    """Give a network without a manifest whose classes are the channels, and its text files."""
    (tmp_path / 'labels.txt').write_text('void\nleaf\n\nsea water\n')
    (tmp_path / 'colors.txt').write_text('0 0 0 0\n10 200 30\n5, 6, 250, 255\n')
    return str(by_channel(tmp_path / 'net.onnx', 'input_0', 'output_0'))


def test_a_network_with_the_files_of_jetson_inference(
    bare: str, photos: Path, tmp_path: Path, capsys: Capture
) -> None:
    words = [
        f'--model={bare}', f'--labels={tmp_path / "labels.txt"}',
        f'--colors={tmp_path / "colors.txt"}', '--input_blob=input_0', '--output-blob=output_0',
        '--visualize=mask|overlay', '--filter-mode=point', '--alpha=255', '--background=none',
    ]  # fmt: skip
    assert main(['segment', *words, str(photos / 'one.png'), str(tmp_path / 'out')]) == 0
    assert read(tmp_path / 'out/one_color.png')[5, 5].tolist() == [5, 6, 250]
    overlay = read(tmp_path / 'out/one_overlay.png')
    assert overlay[5, 5].tolist() == [5, 6, 250]
    assert overlay[0, 0].tolist() == [200, 0, 0], 'the opacity in the file is 0'
    classes = json.loads((tmp_path / 'out/one.json').read_text())['classes']
    assert [one['name'] for one in classes] == ['void', 'sea water']
    assert classes[0]['boxes'] == [[0, 0, 16, 12]], 'void is no background here'
    assert 'class names came' not in capsys.readouterr().err


@pytest.mark.parametrize('name', ['leaf', '1', 'LEAF'])
def test_an_ignored_class_is_never_chosen(
    bare: str, photos: Path, tmp_path: Path, name: str
) -> None:
    files = ['--labels', str(tmp_path / 'labels.txt'), '--no-json', '--visualize', 'mask']
    words = ['segment', '--model', bare, *files, str(photos / 'two.png')]
    assert main([*words, str(tmp_path / 'with')]) == 0
    assert set(read(tmp_path / 'with/two_mask.png').flat) == {1}
    assert main([*words, str(tmp_path / 'without'), '--ignore_class', name]) == 0
    # Red and blue are equally dark there, but less is taken from blue: its mean is lower.
    assert set(read(tmp_path / 'without/two_mask.png').flat) == {2}


def test_opacity_is_segnets_above_one(model: str, photos: Path, tmp_path: Path) -> None:
    words = ['segment', '--network', model, str(photos / 'one.png')]
    assert main([*words, str(tmp_path / 'over.png'), '--alpha', '51']) == 0
    # A fifth of the mask, (0, 0, 255), over four fifths of the image, (0, 0, 200).
    assert read(tmp_path / 'over.png')[5, 5].tolist() == [0, 0, 211]


def test_opacities_in_the_file_count_as_in_segnet(bare: str, photos: Path, tmp_path: Path) -> None:
    colors = tmp_path / 'colors.txt'
    words = [
        'segment', f'--model={bare}', f'--colors={colors}', '--alpha=127.5', '--filter-mode=point',
        '--overwrite', str(photos / 'one.png'), str(tmp_path / 'over.png'),
    ]  # fmt: skip
    for blue, wanted, more in (
        # An opacity of the class's own is not made less by that of the overlay.
        ('0 250 0 51', [0, 50, 160], []),
        ('0 250 0 255', [0, 125, 100], []),
        ('0 250 0', [0, 125, 100], []),
        ('0 250 0 51', [0, 0, 200], ['--background', '2']),
    ):
        colors.write_text(f'0 0 0 254\n10 200 30\n{blue}\n')
        assert main([*words, *more]) == 0
        np.testing.assert_allclose(read(tmp_path / 'over.png')[5, 5], wanted, atol=1)
        assert read(tmp_path / 'over.png')[0, 0, 0] <= 1, 'no class is clear by itself'


def test_the_manifest_says_what_the_background_is_where_nobody_else_does(
    model: str, photos: Path, tmp_path: Path
) -> None:
    words = ['segment', '--model', model, str(photos / 'one.png')]
    with Path(model).open('a') as file:
        file.write('background: 2\n')
    for more, corner, square, boxes in (
        ([], [1, 2, 3], [0, 0, 200], [1, 0]),
        (['--background', '0'], [200, 0, 0], [0, 0, 255], [0, 1]),
        (['--set', 'background_class=-1'], [1, 2, 3], [0, 0, 255], [1, 1]),
    ):
        folder = tmp_path / f'out_{len(more)}_{boxes[0]}'
        assert main([*words, str(folder), '--alpha', '0', *more]) == 0
        assert read(folder / 'one_overlay.png')[0, 0].tolist() == corner, more
        assert read(folder / 'one_overlay.png')[5, 5].tolist() == square, more
        classes = json.loads((folder / 'one.json').read_text())['classes']
        assert [len(one['boxes']) for one in classes] == boxes, more


def test_background_is_a_name_a_number_or_none(model: str, photos: Path, tmp_path: Path) -> None:
    words = ['segment', '--model', model, str(photos / 'one.png'), '--alpha', '0']
    for background, corner, square in (
        ('blue', [1, 2, 3], [0, 0, 200]),
        ('2', [1, 2, 3], [0, 0, 200]),
        ('none', [1, 2, 3], [0, 0, 255]),
        ('0', [200, 0, 0], [0, 0, 255]),
    ):
        target = tmp_path / f'{background}.png'
        assert main([*words, str(target), '--background', background]) == 0
        assert read(target)[0, 0].tolist() == corner, background
        assert read(target)[5, 5].tolist() == square, background


def test_statistics_are_those_of_all_pictures(
    model: str, photos: Path, tmp_path: Path, capsys: Capture
) -> None:
    words = ['segment', '--model', model, str(photos)]
    assert main([*words, str(tmp_path / 'a'), '--stats']) == 0
    table = capsys.readouterr().out.splitlines()[1:]
    assert [line.split() for line in table] == [
        ['class', 'id', 'pixels', 'share', 'images'],
        ['-----', '--', '------', '------', '------'],
        ['red', '0', '176', '45.83%', '1'],
        ['green', '1', '192', '50.00%', '1'],
        ['blue', '2', '16', '4.17%', '1'],
    ]
    assert main([*words, str(tmp_path / 'b'), '--stats-json']) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts['images'], facts['passed_over']) == (2, 0)
    assert facts['classes'][2] == {
        'id': 2, 'name': 'blue', 'pixels': 16, 'share': pytest.approx(16 / 384), 'images': 1,
        'objects': 0,
    }  # fmt: skip


def test_the_legend_shows_every_class_in_its_colour(
    model: str, photos: Path, tmp_path: Path, capsys: Capture
) -> None:
    target = tmp_path / 'new/legend.png'
    words = ['segment', '--model', model, str(photos / 'two.png'), str(tmp_path / 'out')]
    assert main([*words, '--legend', str(target)]) == 0
    legend = read(target)
    assert legend.shape[0] == 3 * 28
    for row, color in enumerate(([1, 2, 3], [255, 0, 0], [0, 0, 255])):
        assert legend[row * 28 + 14, 10].tolist() == color
    assert main([*words, '--overwrite', '--legend', str(tmp_path / 'out/two_mask.png')]) == 2
    assert 'is to be written twice' in capsys.readouterr().err


def test_a_name_with_a_number_is_a_file_for_each_image(
    model: str, photos: Path, film: Path, tmp_path: Path
) -> None:
    words = ['segment', '--model', model]
    assert main([*words, str(photos), str(tmp_path / 'city_%03i.png')]) == 0
    assert main([*words, str(film), str(film), str(tmp_path / 'city_%d.mp4')]) == 0
    assert {path.name for path in tmp_path.glob('city*')} == {
        'city_000.png', 'city_001.png', 'city_0.mp4', 'city_1.mp4',
    }  # fmt: skip
    assert main([*words, str(photos), str(tmp_path / 'city_%03i.png')]) == 2


def test_files_may_be_written_as_addresses(model: str, photos: Path, tmp_path: Path) -> None:
    source, target = f'file://{photos}/one.png', f'file://{tmp_path}/over.png'
    assert main(['segment', '--model', model, source, target]) == 0
    assert (tmp_path / 'over.png').is_file()
    # A picture named alone, and not found in its folder, may have its results beside it.
    assert main(['segment', '--model', model, source, f'file://{photos}/']) == 0
    assert (photos / 'one_mask.png').is_file()


WRONG: list[tuple[list[str], str]] = [
    (['--network', 'fcn-resnet18-cityscapes-512x256'], 'isaac-seg models fetch fcn-resnet18-'),
    (['--network', 'fcn-resnet18-vocc'], 'Did you mean fcn-resnet18-voc?'),
    (['--input-blob', 'input_0'], "--input-blob is 'input_0'; brightest takes image"),
    (['--output-blob', 'output_0'], 'has no output output_0; it has scores'),
    (['--ignore-class', 'void'], "class 'void' is asked for; the 3 classes are red, green, blue"),
    (['--model', 'OBJECTS', '--ignore-class', 'cup'], '--ignore-class is for networks that find'),
    (['--background', 'void'], 'none, a number from 0 or one of red, green, blue is expected'),
    (['--labels', '/none.txt'], "'/none.txt' cannot be read"),
    (['--colors', 'COLORS'], "line 2: '1 2' came; red, green, blue and perhaps alpha"),
    (['--legend', 'legend.gif'], "--legend is 'legend.gif'; a file that ends with one of"),
    (['--filter-mode', 'cubic'], "invalid choice: 'cubic'"),
]


@pytest.mark.parametrize(('words', 'said'), WRONG, ids=[' '.join(words) for words, _ in WRONG])
def test_a_mistake_is_one_line_and_nothing_is_written(
    model: str, photos: Path, tmp_path: Path, capsys: Capture, words: list[str], said: str
) -> None:
    (tmp_path / 'colors.txt').write_text('1 2 3\n1 2\n')
    boxes, prototypes = np.zeros((1, 7, 40), np.float32), np.zeros((1, 1, 8, 16), np.float32)
    image_to(tmp_path / 'objects.onnx', 'images', {'output0': boxes, 'output1': prototypes})
    objects = tmp_path / 'objects.yaml'
    objects.write_text('name: objects\nfamily: yolo_seg\nfile: objects.onnx\n')
    places = {'COLORS': str(tmp_path / 'colors.txt'), 'OBJECTS': str(objects)}
    words = [places.get(word, word) for word in words]
    try:
        code = main(['segment', '--model', model, str(photos), str(tmp_path / 'out'), *words])
    except SystemExit as end:
        code = end.code
    assert code == 2
    lines = capsys.readouterr().err.splitlines()
    # A class is looked for when the first picture comes: there is a bar by then.
    told = [line for line in lines if not line.startswith('segment')]
    assert len(told) == 1
    assert told[0].startswith('isaac-seg: error: ')
    assert said in told[0]
    assert not (tmp_path / 'out').exists()
