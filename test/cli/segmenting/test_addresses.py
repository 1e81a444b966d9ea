"""Videos and cameras behind an address: really served, and not answered."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
import os
from pathlib import Path
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import cv2
from isaac_seg_py import videos
from isaac_seg_py.cli.main import main
import numpy as np
import pytest

Capture = pytest.CaptureFixture[str]


class Camera(BaseHTTPRequestHandler):
    """Sends a film, or pictures without end; Ctrl-C is pressed when a result is there."""

    film = b''
    result = Path()

    def do_GET(self) -> None:
        """Answer as the path says."""
        if self.path.startswith('/live'):
            self._live()
            return
        self.send_response(200)
        self.send_header('Content-Type', 'video/x-msvideo')
        self.send_header('Content-Length', str(len(self.film)))
        self.end_headers()
        self.wfile.write(self.film)

    def _live(self) -> None:
        picture = cv2.imencode('.jpg', np.full((48, 64, 3), (0, 200, 0), np.uint8))[1].tobytes()
        self.send_response(200)
        self.send_header('Content-Type', 'multipart/x-mixed-replace; boundary=next')
        self.end_headers()
        head = f'--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n'
        pressed = False
        try:
            while True:
                self.wfile.write(head.encode() + picture + b'\r\n')
                if not pressed and self.result.exists():
                    pressed = True
                    os.kill(os.getpid(), signal.SIGINT)
        except OSError:
            # The other end has closed.
            return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def camera(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the address of a machine that serves the film and a camera, at its leisure."""
    Camera.film = film.read_bytes()
    # A machine that does other work may let both ends wait longer than a user would.
    monkeypatch.setattr(videos, 'PATIENCE_S', 600.0)
    with ThreadingHTTPServer(('127.0.0.1', 0), Camera) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f'127.0.0.1:{server.server_port}'
        server.shutdown()
        thread.join()


def test_a_film_is_read_from_its_address(
    model: str, camera: str, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / 'out'
    source = f'http://me:secret@{camera}/clips/drive.1.avi?token=secret'
    assert main(['segment', '--model', model, source, str(out), '--visualize', 'mask']) == 0
    assert {path.name for path in out.iterdir()} == {'drive_1_color.mp4', 'drive_1.jsonl'}
    lines = [json.loads(line) for line in (out / 'drive_1.jsonl').read_text().splitlines()]
    assert [line['frame'] for line in lines] == [f'drive_1_{n:06d}' for n in range(5)]
    assert all(line['classes'][0]['name'] == 'green' for line in lines)
    assert 'secret' not in (out / 'drive_1.jsonl').read_text() + str(capsys.readouterr())


def test_ctrl_c_ends_a_camera_and_keeps_what_was_done(
    model: str, camera: str, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / 'out'
    # A shell has it ignored by what it starts in the background.
    before = signal.getsignal(signal.SIGINT)
    Camera.result = out / 'live.jsonl'
    words = ['segment', '--model', model, f'http://{camera}/live.mjpg', str(out), '--stats']
    assert main(words) == 128 + signal.SIGINT
    told = capsys.readouterr()
    assert 'stopped before the end' in told.err
    count = int(told.out.split()[0])
    lines = [json.loads(line) for line in (out / 'live.jsonl').read_text().splitlines()]
    assert len(lines) == count > 0
    times = [line['time_s'] for line in lines]
    assert times == sorted(times)
    assert any(one * 25 % 1 > 1e-6 for one in times), 'not of the clock'
    film = cv2.VideoCapture(str(out / 'live_overlay.mp4'))
    assert film.get(cv2.CAP_PROP_FRAME_COUNT) == count
    film.release()
    assert re.search(rf'^green +1 +{count * 48 * 64} +100', told.out, re.MULTILINE), told.out
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize('scheme', ['rtsp', 'http'])
def test_who_does_not_answer_is_not_waited_for(
    model: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setattr(videos, 'PATIENCE_S', 0.5)
    with socket.create_server(('127.0.0.1', 0)) as silent:
        source = f'{scheme}://me:secret@127.0.0.1:{silent.getsockname()[1]}/stream'
        begin = time.monotonic()
        assert main(['segment', '--model', model, source, str(tmp_path / 'out')]) == 2
    # OpenCV alone would wait for 30 seconds.
    assert time.monotonic() - begin < 20
    error = capsys.readouterr().err
    assert 'cannot be opened: nobody answers there' in error
    assert 'secret' not in error
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('source', ['rtsp://127.0.0.1:PORT/stream', 'TEXT'])
def test_opencv_and_ffmpeg_add_nothing_to_the_error(
    model: str, tmp_path: Path, source: str
) -> None:
    # In a process of its own: FFmpeg is told to be quiet when it is first used.
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
    (tmp_path / 'notes.avi').write_text('no film')
    source = source.replace('PORT', str(port)).replace('TEXT', str(tmp_path / 'notes.avi'))
    words = ['segment', '--model', model, source, str(tmp_path / 'out')]
    done = subprocess.run(
        [sys.executable, '-m', 'isaac_seg_py', *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith('isaac-seg: error: ')
    assert done.stderr.count('\n') == 1


WRONG = [
    ('csi://0', 'out', 'MIPI port need GStreamer'),
    ('webrtc://camera/x', 'out', 'give the rtsp:// address'),
    ('gopher://camera/x', 'out', 'begins with gopher://; known are http, https, rtmp'),
    ('rtsp:///stream', 'out', 'names no host; rtsp://HOST/PATH is expected'),
    ('rtsp://[::1/stream', 'out', 'is wrong: Invalid IPv6 URL'),
    ('v4l2:///dev/video7777', 'out', "'v4l2:///dev/video7777' does not exist"),
    ('FILM', 'display://0', "the output is 'display://0'; a folder or a file is expected"),
    ('FILM', 'rtp://camera:5004', 'isaac-seg run unet source:=/dev/video0'),
]


@pytest.mark.parametrize(('source', 'output', 'said'), WRONG, ids=[one[2] for one in WRONG])
def test_an_address_that_cannot_be_is_refused(
    model: str, film: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path, source: str, output: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    there = {path.name for path in tmp_path.iterdir()}
    assert main(['segment', '--model', model, source.replace('FILM', str(film)), output]) == 2
    error = capsys.readouterr().err
    assert error.count('\n') == 1
    assert said in error
    assert {path.name for path in tmp_path.iterdir()} == there
