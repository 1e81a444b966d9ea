"""Downloads over real https: whole, broken, and taken up again."""

from __future__ import annotations

from pathlib import Path

from https_server import fetch, left_over, Served
from isaac_seg_py.errors import ModelError
import pytest


def test_a_file_comes_whole_and_leaves_nothing_else(
    served: Served, url: str, tmp_path: Path
) -> None:
    fetch(url, tmp_path / 'folder' / 'net.onnx')
    assert (tmp_path / 'folder' / 'net.onnx').read_bytes() == served.data
    assert left_over(tmp_path / 'folder') == ['net.onnx']
    assert 'Range' not in served.asked[0]


@pytest.mark.parametrize('chunked', [False, True])
def test_a_file_without_a_length_comes_whole_too(
    served: Served, url: str, tmp_path: Path, chunked: bool
) -> None:
    served.chunked = chunked
    fetch(url, tmp_path / 'net.onnx')
    assert (tmp_path / 'net.onnx').read_bytes() == served.data


def test_a_connection_that_breaks_is_taken_up_where_it_broke(
    served: Served, url: str, tmp_path: Path
) -> None:
    served.cut_after = [100_000, 50_000]
    fetch(url, tmp_path / 'net.onnx')
    assert (tmp_path / 'net.onnx').read_bytes() == served.data
    assert [asked.get('Range') for asked in served.asked] == [
        None, 'bytes=100000-', 'bytes=150000-',
    ]  # fmt: skip
    assert served.asked[1]['If-Range'] == '"one"'
    assert left_over(tmp_path) == ['net.onnx']


def test_a_later_run_goes_on_where_the_first_one_gave_up(
    served: Served, url: str, tmp_path: Path
) -> None:
    served.cut_after = [70_000, 0]
    with pytest.raises(ModelError, match=r'ended after 70000 of 300000.*what came is kept'):
        fetch(url, tmp_path / 'net.onnx', attempts=2)
    assert left_over(tmp_path) == ['net.onnx.part', 'net.onnx.part.json']
    fetch(url, tmp_path / 'net.onnx')
    assert served.asked[-1]['Range'] == 'bytes=70000-'
    assert (tmp_path / 'net.onnx').read_bytes() == served.data


@pytest.mark.parametrize('change', ['other version', 'no ranges', 'weak tag', 'no tag at all'])
def test_what_cannot_be_resumed_begins_anew(
    served: Served, url: str, tmp_path: Path, change: str
) -> None:
    if change == 'weak tag':
        served.etag, served.modified = 'W/"one"', ''
    if change == 'no tag at all':
        served.etag = served.modified = ''
    served.cut_after = [70_000]
    with pytest.raises(ModelError, match='ended after'):
        fetch(url, tmp_path / 'net.onnx', attempts=1)
    if change == 'other version':
        served.data, served.etag = served.data[::-1], '"two"'
    if change == 'no ranges':
        served.ranges = False
    fetch(url, tmp_path / 'net.onnx')
    assert (tmp_path / 'net.onnx').read_bytes() == served.data
    asked = 'Range' in served.asked[-1]
    assert asked == (change in ('other version', 'no ranges'))


def test_the_date_stands_in_for_a_missing_tag(served: Served, url: str, tmp_path: Path) -> None:
    served.etag = ''
    served.cut_after = [70_000]
    fetch(url, tmp_path / 'net.onnx')
    assert served.asked[1]['If-Range'] == served.modified
    assert (tmp_path / 'net.onnx').read_bytes() == served.data


def test_the_wrong_part_is_not_appended(served: Served, url: str, tmp_path: Path) -> None:
    served.cut_after = [70_000]
    served.wrong_range = True
    fetch(url, tmp_path / 'net.onnx')
    assert 'Range' not in served.asked[-1]
    assert (tmp_path / 'net.onnx').read_bytes() == served.data


def test_a_part_that_is_whole_already_is_taken(served: Served, url: str, tmp_path: Path) -> None:
    served.cut_after = [70_000]
    with pytest.raises(ModelError):
        fetch(url, tmp_path / 'net.onnx', attempts=1)
    (tmp_path / 'net.onnx.part').write_bytes(served.data)
    fetch(url, tmp_path / 'net.onnx')
    assert (tmp_path / 'net.onnx').read_bytes() == served.data


@pytest.mark.parametrize(
    'note', ['{', '[]', '{"url": 3}', '{"url": "https://elsewhere"}', '[' * 100_000]
)
def test_a_part_of_something_else_is_thrown_away(
    served: Served, url: str, tmp_path: Path, note: str
) -> None:
    (tmp_path / 'net.onnx.part').write_bytes(b'of another file')
    (tmp_path / 'net.onnx.part.json').write_text(note)
    fetch(url, tmp_path / 'net.onnx')
    assert (tmp_path / 'net.onnx').read_bytes() == served.data


def test_a_busy_server_is_asked_again(served: Served, url: str, tmp_path: Path) -> None:
    served.statuses = [503, 429]
    fetch(url, tmp_path / 'net.onnx')
    assert len(served.asked) == 3


def test_attempts_that_brought_something_do_not_count(
    served: Served, url: str, tmp_path: Path
) -> None:
    # More breaks than attempts, each after some bytes.
    served.cut_after = [10_000, 20_000, 30_000, 40_000]
    fetch(url, tmp_path / 'net.onnx', attempts=2)
    assert (tmp_path / 'net.onnx').read_bytes() == served.data
    # Two that bring nothing one after the other are the end, whatever came before.
    served.cut_after = [10_000, 20_000, 0, 0]
    before = len(served.asked)
    with pytest.raises(ModelError, match=r'ended after 30000 of 300000'):
        fetch(url, tmp_path / 'again.onnx', attempts=3)
    assert len(served.asked) - before == 4


def test_a_silent_server_is_left_alone_after_a_while(
    served: Served, url: str, tmp_path: Path
) -> None:
    served.silent_after = 1000
    for patience in (0.3, 3.0, 20.0):
        with pytest.raises(ModelError, match='timed out'):
            fetch(url, tmp_path / 'net.onnx', timeout=patience, attempts=1)
        # A busy machine may not even have said hello in so short a time.
        if (tmp_path / 'net.onnx.part').exists():
            break
    served.silent_after = None
    served.released.set()
    fetch(url, tmp_path / 'net.onnx')
    assert served.asked[-1]['Range'] == 'bytes=1000-'
    assert (tmp_path / 'net.onnx').read_bytes() == served.data


def test_a_redirect_over_https_is_followed(served: Served, url: str, tmp_path: Path) -> None:
    served.location = url
    fetch(url.replace('net.onnx', 'moved'), tmp_path / 'net.onnx')
    assert (tmp_path / 'net.onnx').read_bytes() == served.data
