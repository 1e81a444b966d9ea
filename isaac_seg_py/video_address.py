"""Addresses of videos and cameras, such as rtsp://camera/stream."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from .errors import ConfigError

STREAMS: Final = ('http', 'https', 'rtmp', 'rtmps', 'rtp', 'rtsp', 'rtsps', 'srt', 'tcp', 'udp')
"""What OpenCV reads from another machine."""
# A local file or device, as jetson-utils writes it.
_LOCAL: Final = ('file', 'v4l2')
_REFUSED: Final = {
    'csi': 'cameras on a MIPI port need GStreamer, which the OpenCV of pip has not: let a ROS '
    'driver publish the camera, or give /dev/video0',
    'webrtc': 'WebRTC is not read: give the rtsp:// address of the camera, or record a video',
}
_SCHEME: Final = re.compile(r'([A-Za-z][A-Za-z0-9+.-]*)://(.*)', re.S)


@dataclass(frozen=True)
class VideoAddress:
    """
    Where a video comes from over a network.

    `shown` is the address without a password, for people; `place` stands for it among files, and
    its name for the results.
    """

    text: str
    shown: str
    place: Path


def scheme_of(text: str) -> str:
    """Return the scheme of an address in small letters, and '' of what is a path."""
    found = _SCHEME.match(text)
    return found[1].lower() if found else ''


def read_address(text: str) -> VideoAddress | Path:
    """Return an address of the network, or the path that anything else is."""
    scheme = scheme_of(text)
    if not scheme:
        return Path(text)
    if scheme in _LOCAL:
        return Path(text.partition('://')[2])
    if scheme in _REFUSED:
        raise ConfigError(f'{text!r} came: {_REFUSED[scheme]}')
    if scheme not in STREAMS:
        raise ConfigError(
            f'address {text!r} begins with {scheme}://; known are {", ".join(STREAMS)}'
        )
    try:
        parts = urlsplit(text)
        host, shown = parts.hostname or '', _without_password(parts)
    except ValueError as error:
        raise ConfigError(f'address {text!r} is wrong: {error}') from error
    if not host and scheme not in ('rtp', 'tcp', 'udp'):
        raise ConfigError(f'address {text!r} names no host; {scheme}://HOST/PATH is expected')
    name = Path(parts.path).stem or host or scheme
    # Behind a dot there would be a suffix.
    place = Path(f'{scheme}:', host or scheme, re.sub(r'[^\w-]', '_', name))
    return VideoAddress(text, shown, place)


def _without_password(parts: SplitResult) -> str:
    """Return an address without its user, password and query, which may hold a token."""
    return parts._replace(netloc=parts.netloc.rpartition('@')[2], query='', fragment='').geturl()
