"""
Fetch a file over https, and go on where a broken attempt ended.

What has come is kept in `NAME.part`, and what the server said of it in `NAME.part.json`. A later
attempt asks for the rest on condition that the file is still the same, and begins anew where the
server cannot promise that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import fcntl
import http.client
from io import FileIO
import os
from pathlib import Path
import shutil
import ssl
import time
from typing import Final, IO
import urllib.error
import urllib.request

from .download_answer import Answer, DownloadBroken, PartialFile
from ..errors import ModelError
from ..progress import Progress

LARGEST: Final = 8 << 30
_BLOCK: Final = 1 << 16
_SLOWEST: Final = 1024  # bytes in the time that a silent server gets


def download(
    url: str,
    target: Path,
    *,
    largest: int = LARGEST,
    timeout: float = 30.0,
    attempts: int = 5,
    pause: float = 1.0,
) -> None:
    """
    Fetch `url` to `target`, which appears when all of it has come.

    A server that is silent for `timeout` seconds, or breaks off, is asked again; after `attempts`
    that brought nothing, the error says why. `pause` seconds pass between the first two.
    """
    if not url.startswith('https://'):
        raise ModelError(f'address {url!r} came; only https:// addresses are fetched')
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=ssl.create_default_context()), _OnlyHttps()
    )
    failed = 0
    with _only_we(target) as file:
        partial = PartialFile(file, Path(f'{file.name!s}.json'), url)
        while True:
            before = partial.size
            try:
                _attempt(opener, partial, largest, timeout)
                break
            except DownloadBroken as error:
                failed = 1 if partial.size > before else failed + 1
                if failed >= attempts:
                    kept = ', and what came is kept' if partial.size else ''
                    raise ModelError(
                        f'{url} could not be fetched: {error}. Try again later{kept}'
                    ) from error
                time.sleep(pause * 2 ** (failed - 1))
        partial.finish()
        os.replace(str(file.name), target)


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not newurl.startswith('https://'):
            fp.close()
            raise ModelError(
                f'{req.full_url} leads to {newurl}, which is not encrypted; '
                'only https:// addresses are fetched'
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def _only_we(target: Path) -> Iterator[FileIO]:
    """Open what has come so far; another process that fetches the same file is an error."""
    part = target.with_name(f'{target.name}.part')
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open('ab+', buffering=0) as file:
            if not _locked(file, part):
                raise ModelError(
                    f'{str(target)!r} is being fetched by another process; wait for it'
                )
            try:
                yield file
            finally:
                if part.exists() and part.stat().st_size == 0:
                    part.unlink()
                    part.with_name(f'{part.name}.json').unlink(missing_ok=True)
    except OSError as error:
        raise ModelError(
            f'{str(target)!r} cannot be written: {error.strerror or error}'
        ) from error


def _locked(file: FileIO, part: Path) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever had the lock before may have finished, and renamed what we opened.
        return part.exists() and part.stat().st_ino == os.fstat(file.fileno()).st_ino
    return False


def _attempt(
    opener: urllib.request.OpenerDirector, partial: PartialFile, largest: int, timeout: float
) -> None:
    """Fetch what is still to come."""
    try:
        request = urllib.request.Request(partial.url, headers=partial.request_headers())
        with opener.open(request, timeout=timeout) as response:
            answer = Answer.read(response, partial, largest)
            _check_space(partial.folder, answer)
            _copy(response, answer, partial, largest, timeout)
    except urllib.error.HTTPError as error:
        error.close()
        partial.refused(error.code, error.reason, error.headers.get('Content-Range', ''))
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise ModelError(
                f'{partial.url}: the certificate of the server is not trusted '
                f'({error.reason.verify_message})'
            ) from error
        raise DownloadBroken(str(error.reason)) from error
    except http.client.InvalidURL as error:
        raise _no_address(partial.url, error) from error
    except (http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError) as error:
        raise DownloadBroken(str(error) or type(error).__name__) from error
    except ValueError as error:
        raise _no_address(partial.url, error) from error


def _no_address(url: str, error: Exception) -> ModelError:
    return ModelError(f'{url} is no address, or leads to none: {error}. Correct the manifest')


def _copy(
    response: http.client.HTTPResponse,
    answer: Answer,
    partial: PartialFile,
    largest: int,
    timeout: float,
) -> None:
    shown = None if answer.total is None else answer.total / 1e6
    begun, seen = time.monotonic(), partial.size
    with Progress(partial.name, shown, unit=' MB') as bar:
        while block := response.read1(_BLOCK):
            partial.append(block)
            bar.at(partial.size / 1e6)
            if partial.size > largest:
                raise partial.too_large(largest)
            now = time.monotonic()
            if now - begun > timeout:
                if partial.size - seen < _SLOWEST:
                    raise DownloadBroken(f'fewer than {_SLOWEST} bytes came in {timeout:g} s')
                begun, seen = now, partial.size
    if answer.total is not None and partial.size < answer.total:
        raise DownloadBroken(f'the connection ended after {partial.size} of {answer.total} bytes')


def _check_space(folder: Path, answer: Answer) -> None:
    free = shutil.disk_usage(folder).free
    if answer.to_come is not None and answer.to_come > free:
        raise ModelError(
            f'{answer.to_come / 1e6:.1f} MB are to come, and {free / 1e6:.1f} MB are free in '
            f'{str(folder)!r}; make room, or name another folder in XDG_DATA_HOME'
        )
