"""What is an address, what a path, and what of an address may be shown."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.video_address import read_address, VideoAddress
import pytest


@pytest.mark.parametrize(
    ('text', 'path'),
    [
        ('photos/*.png', 'photos/*.png'),
        ('/dev/video0', '/dev/video0'),
        ('v4l2:///dev/video0', '/dev/video0'),
        ('file://photos/one.png', 'photos/one.png'),
        ('a:b/c.png', 'a:b/c.png'),
    ],
)
def test_paths_are_paths(text: str, path: str) -> None:
    assert read_address(text) == Path(path)


@pytest.mark.parametrize(
    ('text', 'shown', 'name'),
    [
        ('rtsp://cam.local:8554/front', 'rtsp://cam.local:8554/front', 'front'),
        ('RTSP://me:pw@cam/front?key=1#x', 'rtsp://cam/front', 'front'),
        ('rtsp://192.168.1.5', 'rtsp://192.168.1.5', '192_168_1_5'),
        ('https://host/a/drive.2.mp4', 'https://host/a/drive.2.mp4', 'drive_2'),
        ('udp://@:1234', 'udp://:1234', 'udp'),
        ('http://host/Straße.mjpg', 'http://host/Straße.mjpg', 'Straße'),
    ],
)
def test_results_are_named_after_the_address_and_secrets_are_not_shown(
    text: str, shown: str, name: str
) -> None:
    found = read_address(text)
    assert isinstance(found, VideoAddress)
    assert (found.text, found.shown, found.place.name) == (text, shown, name)
    assert found.place.stem == name, 'no part of the name is taken for a suffix'
    assert not found.place.exists()
