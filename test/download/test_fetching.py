"""Models come over real https, are the ones that are meant, and are found where they were put."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
import tarfile
from typing import Any
import zipfile

from https_server import Served
from isaac_seg_py import Segmenter
from isaac_seg_py.catalog import archives
from isaac_seg_py.catalog.fetching import fetch_model
from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.cli.main import main
from isaac_seg_py.errors import ConfigError, ModelError
from isaac_seg_py.infer.manifest_check import verify_manifest
import numpy as np
import pytest
import tiny_models


@pytest.fixture(autouse=True)
def network(served: Served, tmp_path: Path) -> None:
    """Let a real network be served."""
    served.data = tiny_models.brightest_channel(tmp_path / 'original.onnx').read_bytes()


def manifest(folder: Path, url: str, *lines: str) -> Path:
    """Write the manifest of a network that has to be fetched."""
    path = folder / 'far.yaml'
    said = ['name: far', 'family: unet', 'file: far.onnx', f'url: {url}', *lines]
    path.write_text('\n'.join(said) + '\n')
    return path


def fetch(path: Path, **more: Any) -> tuple[list[Path], str]:
    """Fetch a model; give its files and what was said."""
    said: list[str] = []
    return fetch_model(Manifest.read(path), say=said.append, **more), '\n'.join(said)


def test_a_model_comes_to_the_users_folder_and_is_found_there(
    served: Served, url: str, tmp_path: Path
) -> None:
    path = manifest(tmp_path, url, 'license: Apache-2.0')
    with pytest.raises(ModelError, match='isaac-seg models fetch far'):
        Manifest.read(path).model_file()
    [file], said = fetch(path)
    assert file == tmp_path / 'data/isaac_seg_py/models/far/far.onnx'
    assert file.read_bytes() == served.data
    assert 'licence: Apache-2.0' in said
    found = Manifest.read(path)
    assert found.on_disk
    assert found.model_file() == file
    assert verify_manifest(found) == []
    assert 'is there' in fetch(path)[1]
    assert len(served.asked) == 1


def test_a_first_file_is_trusted_recorded_and_held_to(
    served: Served, url: str, tmp_path: Path
) -> None:
    path = manifest(tmp_path, url)
    [file], said = fetch(path)
    digest = hashlib.sha256(served.data).hexdigest()
    assert f'gives no sha256: {digest} came and is trusted from now on' in said
    record = file.with_name('far.onnx.sha256')
    assert record.read_text() == f'{digest}  far.onnx\n'
    file.write_bytes(served.data + b'!')
    with pytest.raises(ModelError, match=f'when it was fetched it had {digest}'):
        Manifest.read(path).model_file()
    file.unlink()
    served.data += b'?'
    with pytest.raises(ModelError, match=r'first fetched.*was not kept') as caught:
        fetch(path)
    assert str(record) in str(caught.value)
    assert sorted(p.name for p in file.parent.iterdir()) == ['far.onnx.sha256']
    record.write_text('nothing of use')
    with pytest.raises(ModelError, match='holds no sha256'):
        fetch(path)


def test_the_sha256_of_the_manifest_is_kept(served: Served, url: str, tmp_path: Path) -> None:
    digest = hashlib.sha256(served.data).hexdigest()
    path = manifest(tmp_path, url, f'sha256: {"f" * 64}')
    with pytest.raises(ModelError, match=f'came with sha256 {digest}, its manifest says ffff'):
        fetch(path)
    assert not (tmp_path / 'data').exists(), 'no empty folder is left'
    path = manifest(tmp_path, url, f'sha256: {digest.upper()}')
    [file], said = fetch(path, beside=True)
    assert file == tmp_path / 'far.onnx'
    assert 'trusted' not in said
    assert not (tmp_path / 'far.onnx.sha256').exists()


def test_the_command_fetches_a_model_that_then_runs(
    served: Served, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(manifest(tmp_path, url, 'terms: https://example.com/eula'))
    assert main(['models', 'fetch', path]) == 2
    assert '--accept-terms' in capsys.readouterr().err
    assert main(['models', 'fetch', path, '--accept-terms']) == 0
    told = capsys.readouterr()
    assert 'is trusted from now on' in told.out
    assert 'far.onnx [####' in told.err
    assert main(['models', 'check', path]) == 0
    with Segmenter.open(path) as segment:
        labels = segment(np.full((6, 8, 3), (9, 200, 9), np.uint8)).labels
    assert labels.tolist() == np.full((6, 8), 1).tolist()


def test_terms_are_accepted_first(served: Served, url: str, tmp_path: Path) -> None:
    path = manifest(tmp_path, url, 'terms: https://example.com/eula', 'license: Theirs')
    with pytest.raises(ConfigError, match=r'example.com/eula \(Theirs\).*--accept-terms'):
        fetch(path)
    assert served.asked == []
    assert fetch(path, accept_terms=True)[0][0].is_file()


@pytest.mark.parametrize(
    ('line', 'said'),
    [
        ('how: Ask its makers', 'Ask its makers'),
        ('export: nvidia/far', 'isaac-seg export far'),
        ('', 'Nobody says where it is'),
    ],
)
def test_what_has_no_address_is_told_how_to_get(tmp_path: Path, line: str, said: str) -> None:
    path = manifest(tmp_path, "''", line)
    with pytest.raises(ModelError, match=said):
        fetch(path)


def test_a_network_of_several_files_comes_whole(served: Served, url: str, tmp_path: Path) -> None:
    path = tmp_path / 'pair.yaml'
    digest = hashlib.sha256(served.data).hexdigest()
    path.write_text(
        'name: pair\nfamily: sam\nfiles:\n'
        f'  encoder: {{file: a.onnx, url: {url}, sha256: {digest}}}\n'
        f'  decoder: {{file: b.onnx, url: {url}}}\n'
    )
    found = Manifest.read(path)
    assert list(found.parts) == ['encoder', 'decoder']
    assert not found.on_disk
    files, _ = fetch(path)
    assert [file.name for file in files] == ['a.onnx', 'b.onnx']
    found = Manifest.read(path)
    assert found.on_disk
    assert found.model_file('decoder') == files[1]
    assert found.file == files[0]
    with pytest.raises(ConfigError, match="no part 'memory'; it has 'encoder', 'decoder'"):
        found.model_file('memory')
    files[1].unlink()
    assert not Manifest.read(path).on_disk
    assert len(fetch(path)[0]) == 2


def packed(kind: str, members: dict[str, bytes]) -> bytes:
    """Return an archive of files."""
    stream = io.BytesIO()
    if kind == 'zip':
        with zipfile.ZipFile(stream, 'w', zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return stream.getvalue()
    with tarfile.open(fileobj=stream, mode=f'w:{kind}') as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


@pytest.mark.parametrize('kind', ['gz', 'xz', '', 'zip'])
@pytest.mark.parametrize('member', ['net.onnx', 'FCN/net.onnx', './FCN/net.onnx'])
def test_one_file_of_an_archive_is_taken(
    served: Served, url: str, tmp_path: Path, kind: str, member: str
) -> None:
    data = served.data
    served.data = packed(kind, {
        'FCN/classes.txt': b'void\n', 'FCN/net.onnx': data, '../../escaped.onnx': b'bad',
        '/tmp/isaac_seg_escaped.onnx': b'bad',
    })  # fmt: skip
    [file], _ = fetch(manifest(tmp_path, url, f'member: {member}'))
    assert file.read_bytes() == data
    assert sorted(p.name for p in file.parent.iterdir()) == ['far.onnx', 'far.onnx.sha256']
    assert not list(tmp_path.rglob('escaped.onnx'))
    assert not Path('/tmp/isaac_seg_escaped.onnx').exists()


@pytest.mark.parametrize('kind', ['gz', 'zip'])
@pytest.mark.parametrize(
    ('members', 'said'),
    [
        ({'a.txt': b'x'}, 'has no net.onnx; it holds a.txt'),
        ({'a/net.onnx': b'x', 'b/net.onnx': b'y'}, 'has 2 times net.onnx'),
        ({'net.onnx': bytes(2_000_000)}, 'unpacks to more than 1000000 bytes'),
    ],
)
def test_an_archive_that_does_not_fit_is_refused(
    served: Served, url: str, tmp_path: Path, kind: str, members: dict[str, bytes], said: str
) -> None:
    served.data = packed(kind, members)
    assert len(served.data) < 1_000_000, 'what is packed is small'
    with pytest.raises(ModelError, match=said):
        fetch(manifest(tmp_path, url, 'member: net.onnx'), largest=1_000_000)
    assert not (tmp_path / 'data').exists(), 'no empty folder is left'


def test_an_archive_is_not_unpacked_without_end(tmp_path: Path) -> None:
    path = tmp_path / 'large'
    path.write_bytes(packed('gz', {'zeros': bytes(2_000_000), 'net.onnx': b'small'}))
    with pytest.raises(ModelError, match='unpacks to more than 1000000'):
        archives.take_member(path, 'net.onnx', tmp_path / 'net.onnx', largest=1_000_000)


def test_a_link_in_an_archive_is_not_followed(served: Served, url: str, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode='w:gz') as archive:
        info = tarfile.TarInfo('net.onnx')
        info.type, info.linkname = tarfile.SYMTYPE, '/etc/passwd'
        archive.addfile(info)
    served.data = stream.getvalue()
    with pytest.raises(ModelError, match=r'has no net\.onnx; it holds nothing'):
        fetch(manifest(tmp_path, url, 'member: net.onnx'))


@pytest.mark.parametrize('keep', [0.3, 0.6])
@pytest.mark.parametrize('kind', ['gz', 'xz', 'zip'])
def test_a_damaged_archive_is_one_line(tmp_path: Path, kind: str, keep: float) -> None:
    data = packed(kind, {'net.onnx': bytes(range(256)) * 2000})
    path = tmp_path / 'damaged'
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(ModelError, match='cannot be read'):
        archives.take_member(path, 'net.onnx', tmp_path / 'net.onnx', largest=1 << 30)
    assert not (tmp_path / 'net.onnx').exists()
