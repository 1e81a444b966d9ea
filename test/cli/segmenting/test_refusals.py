"""What `isaac-seg segment` refuses: before it begins, in one line, with nothing written."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.cli.main import main
import pytest

Capture = pytest.CaptureFixture[str]


def names(folder: Path) -> set[str]:
    """Return what lies in a folder."""
    return {path.name for path in folder.iterdir()}


def test_nothing_is_replaced_and_nothing_begun_without_being_told_to(
    model: str, photos: Path, film: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / 'out'
    words = ['segment', '--model', model, str(photos / 'one.png'), str(film), str(out)]
    assert main(words) == 0
    kept = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    (out / 'one_mask.png').unlink()
    assert main([*words[:4], str(photos), *words[4:]]) == 2
    error = capsys.readouterr().err
    assert '6 of 15 files are there already' in error
    assert '--overwrite' in error
    del kept[out / 'one_mask.png']
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == kept, 'work was begun'
    assert main([*words, '--overwrite']) == 0


def test_inputs_are_never_replaced(
    model: str, photos: Path, tmp_path: Path, capsys: Capture
) -> None:
    (photos / 'one_mask.png').write_bytes((photos / 'one.png').read_bytes())
    before = (photos / 'one_mask.png').read_bytes()
    inputs = [str(photos / 'one.png'), str(photos / 'one_mask.png')]
    words = ['segment', '--model', model, '--overwrite']
    assert main([*words, *inputs, str(photos)]) == 2
    assert 'is the input' in capsys.readouterr().err
    assert main([*words, str(photos), str(photos)]) == 2
    assert 'is the folder of the inputs' in capsys.readouterr().err
    assert main([*words, str(photos / '*.png'), str(photos)]) == 2
    assert 'is the folder of the inputs' in capsys.readouterr().err
    assert names(photos) == {'one.png', 'one_mask.png', 'two.png'}
    assert (photos / 'one_mask.png').read_bytes() == before


def test_a_run_that_fails_leaves_no_folder(
    model: str, photos: Path, tmp_path: Path, capsys: Capture
) -> None:
    for name in ('one', 'two'):
        (photos / f'{name}.png').write_bytes(b'no picture')
    assert main(['segment', '--model', model, str(photos), str(tmp_path / 'new/out')]) == 2
    assert 'no image could be read' in capsys.readouterr().err
    assert not (tmp_path / 'new').exists()


def test_a_place_that_cannot_be_written_is_named(
    model: str, photos: Path, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / 'file').write_text('no folder')
    out = tmp_path / 'file' / 'out'
    assert main(['segment', '--model', model, str(photos), str(out)]) == 2
    error = capsys.readouterr().err
    assert f"results cannot be written to '{out}': Not a directory" in error


WRONG: list[tuple[list[str], str]] = [
    (['/none', 'out'], "'/none' does not exist"),
    (['PHOTOS/*.gif', 'out'], 'no image fits the pattern'),
    (['EMPTY', 'out'], 'has no image'),
    (['PHOTOS', 'out.png'], 'several pictures come; give a folder'),
    (['PHOTOS', 'out.mp4'], 'several pictures come; give a folder'),
    (['PHOTOS/one.png', 'out.mp4'], 'ends with .mp4, but a picture comes; .png or a folder'),
    (['FILM', 'out.png'], 'ends with .png, but a video comes; .mp4 or a folder'),
    (['FILM', 'out.webm'], "'out.webm' ends with .webm; .mp4 for a video"),
    (['PHOTOS/one.png', 'out.gif'], 'For a folder end it with /'),
    (['PHOTOS', 'out', '--alpha', '300'], '--alpha is 300'),
    (['PHOTOS', 'out', '--visualize', 'all'], "--visualize is 'all'"),
    (
        ['PHOTOS', 'out', '--mask-frame', 'network', '--visualize', 'both'],
        'give --visualize mask',
    ),
    (['PHOTOS', 'out', '--set', 'fit=zoom'], "fit is 'zoom'"),
    (['PHOTOS', 'out', '--set', 'fi=zoom'], "there is no setting 'fi'. Did you mean fit?"),
    (['PHOTOS', 'out', '--set', 'xyzzy=3'], "no setting 'xyzzy'. docs/parameters.md lists all"),
    (['PHOTOS', 'out', '--set', 'fit'], "--set 'fit': name=value is expected"),
    (
        ['PHOTOS', 'out', '--set', 'score_threshold=0.5'],
        'unknown setting score_threshold for this model. Did you mean threshold?',
    ),
    (['PHOTOS', 'out', '--backend', 'magic'], "backend is 'magic'"),
    (['PHOTOS', 'out', '--threads', '-3'], 'threads is -3; it must be 0 to 1024'),
    (['PHOTOS', 'out', '--threads', '20000'], 'threads is 20000; it must be 0 to 1024'),
    (['PHOTOS/one.png', 'PHOTOS/one.png'], 'is the input'),
]


@pytest.mark.parametrize(('words', 'said'), WRONG, ids=[' '.join(words) for words, _ in WRONG])
def test_a_mistake_is_one_line_and_nothing_is_written(
    model: str,
    photos: Path,
    film: Path,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    said: str,
) -> None:
    (tmp_path / 'empty').mkdir()
    monkeypatch.chdir(tmp_path)
    places = {'PHOTOS': str(photos), 'EMPTY': str(tmp_path / 'empty'), 'FILM': str(film)}
    for name, value in places.items():
        words = [word.replace(name, value) for word in words]
    there = names(tmp_path)
    assert main(['segment', '--model', model, *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith('isaac-seg: error: ')
    assert error.count('\n') == 1
    assert said in error
    assert names(tmp_path) == there
