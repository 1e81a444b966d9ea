"""What is not fetched, and what an error of it says."""

from __future__ import annotations

import fcntl
from pathlib import Path
import shutil

from https_server import fetch, left_over, serve, Served
from isaac_seg_py.catalog.download_answer import PartialFile
from isaac_seg_py.errors import ModelError
import pytest


@pytest.mark.parametrize('status', [401, 403, 404, 410])
def test_a_refusal_is_one_line_at_once(
    served: Served, url: str, tmp_path: Path, status: int
) -> None:
    served.statuses = [status]
    with pytest.raises(ModelError, match=f'answered {status}') as caught:
        fetch(url, tmp_path / 'net.onnx')
    assert url in str(caught.value)
    assert len(served.asked) == 1
    assert left_over(tmp_path) == []


@pytest.mark.parametrize('location', ['http://localhost:1/net.onnx', 'ftp://localhost/net.onnx'])
def test_a_redirect_to_anything_else_is_refused(
    served: Served, url: str, tmp_path: Path, location: str
) -> None:
    served.location = location
    with pytest.raises(ModelError, match=f'leads to {location}'):
        fetch(url.replace('net.onnx', 'moved'), tmp_path / 'net.onnx')
    assert left_over(tmp_path) == []


@pytest.mark.parametrize('address', ['http://localhost/x', 'ftp://x/y', 'file:///etc/passwd', ''])
def test_only_https_is_fetched(tmp_path: Path, address: str) -> None:
    with pytest.raises(ModelError, match='only https:// addresses'):
        fetch(address, tmp_path / 'net.onnx')
    assert left_over(tmp_path) == []


@pytest.mark.parametrize('host', ['[::1', 'localhost:port', f'{"x" * 70}.com'])
def test_what_is_no_address_is_one_line_at_once(
    served: Served, url: str, tmp_path: Path, host: str
) -> None:
    with pytest.raises(ModelError, match='is no address, or leads to none') as caught:
        fetch(f'https://{host}/net.onnx', tmp_path / 'net.onnx')
    assert '\n' not in str(caught.value)
    served.location = f'https://{host}/net.onnx'
    with pytest.raises(ModelError, match='is no address, or leads to none'):
        fetch(url.replace('net.onnx', 'moved'), tmp_path / 'net.onnx')
    assert len(served.asked) == 1
    assert left_over(tmp_path) == []


def test_a_server_that_nobody_vouches_for_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv('SSL_CERT_FILE')
    with pytest.raises(ModelError, match=r'^https://\S+: the certificate of the server is not'):
        fetch(url, tmp_path / 'net.onnx')


def test_nobody_there_is_one_line(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(served) as address:
        pass
    with pytest.raises(ModelError, match=r'could not be fetched: .*refused'):
        fetch(f'{address}/net.onnx', tmp_path / 'net.onnx', attempts=2)
    assert left_over(tmp_path) == []


@pytest.mark.parametrize('chunked', [False, True])
def test_more_than_is_allowed_is_refused(
    served: Served, url: str, tmp_path: Path, chunked: bool
) -> None:
    served.chunked = chunked
    with pytest.raises(ModelError, match='larger than 1000 bytes'):
        fetch(url, tmp_path / 'net.onnx', largest=1000)
    assert left_over(tmp_path) == []


@pytest.mark.parametrize('page', [b'<!DOCTYPE html><p>log in', b'\n <html>', b'<?xml version'])
def test_a_page_in_place_of_the_file_is_refused(
    served: Served, url: str, tmp_path: Path, page: bytes
) -> None:
    served.data = page
    with pytest.raises(ModelError, match='gave a web page'):
        fetch(url, tmp_path / 'net.onnx')
    assert left_over(tmp_path) == []


def test_a_packed_answer_is_refused(served: Served, url: str, tmp_path: Path) -> None:
    served.encoding = 'gzip'
    with pytest.raises(ModelError, match='comes packed'):
        fetch(url, tmp_path / 'net.onnx')


def test_two_do_not_fetch_the_same_file_at_once(served: Served, url: str, tmp_path: Path) -> None:
    with (tmp_path / 'net.onnx.part').open('ab') as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ModelError, match='is being fetched by another process'):
            fetch(url, tmp_path / 'net.onnx')
    fetch(url, tmp_path / 'net.onnx')
    assert (tmp_path / 'net.onnx').read_bytes() == served.data


def test_too_little_room_is_found_before_anything_comes(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: shutil._ntuple_diskusage(9, 9, 5))
    with pytest.raises(ModelError, match=r'0\.3 MB are to come, and 0\.0 MB are free'):
        fetch(url, tmp_path / 'net.onnx')
    assert left_over(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_one_line(url: str, tmp_path: Path) -> None:
    (tmp_path / 'file').write_text('')
    with pytest.raises(ModelError, match='cannot be written'):
        fetch(url, tmp_path / 'file' / 'net.onnx')


def test_a_full_disk_is_one_line_and_what_came_is_kept(tmp_path: Path) -> None:
    note = tmp_path / 'note.json'
    note.write_text('{"url": "https://x", "version": ""}')
    # The kernel has a disk that is always full.
    with Path('/dev/full').open('ab+', buffering=0) as file:
        partial = PartialFile(file, note, 'https://x')
        with pytest.raises(ModelError, match='the disk is full; what came is kept'):
            partial.append(b'more')
