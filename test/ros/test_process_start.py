"""Memory and middleware are set up for images, and left alone where the user has said so."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys

import pytest

pytestmark = pytest.mark.ros

NAMES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
SET_UP = 'from isaac_seg_py.ros.process_start import *; import os; '
# Messages come and go; what counts is how often their memory is asked of the system.
PUBLISH = """
import resource
import numpy as np
from isaac_seg_py.images import RawImage
from isaac_seg_py.ros.conversions import IMAGE, image_to_message
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header
image = RawImage.from_array(np.zeros((720, 1280, 3), np.uint8), 'rgb8')
def hop():
    IMAGE.from_message(deserialize_message(serialize_message(image_to_message(Header(), image)), Image))
for _ in range(20): hop()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20): hop()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 20)
"""  # noqa: E501


def answer(code: str, **environment: str) -> str:
    """Run some code in a process of its own, with nothing said but this; return its last line."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in NAMES and not name.startswith(('ISAAC_SEG', 'MALLOC_', 'OPENCV_'))
    }
    done = subprocess.run(
        [sys.executable, '-c', code], env=clean | environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()[-1]


def test_the_memory_of_messages_is_used_again() -> None:
    assert int(answer(f'{SET_UP}tune_allocator(){PUBLISH}')) < 20
    # What it is for: else each message of 2.8 MB is given back and zeroed anew, 675 pages a time.
    assert int(answer(PUBLISH)) > 500


@pytest.mark.parametrize(
    'said',
    [
        {'ISAAC_SEG_ALLOCATOR': '0'},
        {'MALLOC_ARENA_MAX': '4'},
        {'GLIBC_TUNABLES': 'glibc.malloc.check=0'},
    ],
)
def test_memory_that_the_user_has_set_up_is_left_alone(said: dict[str, str]) -> None:
    assert answer(f'{SET_UP}print(tune_allocator())', **said) == 'False'


def test_the_profile_is_one_that_fast_dds_takes() -> None:
    code = f"""{SET_UP}
assert use_shipped_profile()
import rclpy
from pathlib import Path
rclpy.init(args=[])
node = rclpy.create_node('n')
segments = {{line.split()[-1] for line in open('/proc/self/maps') if '/dev/shm/fast' in line}}
print(max(Path(name).stat().st_size for name in segments))
node.destroy_node()
rclpy.shutdown()
"""
    # The segment that it was told to make, not the half megabyte of its own.
    assert int(answer(code)) >= 64 << 20


@pytest.mark.parametrize(
    'said',
    [
        {'ISAAC_SEG_FASTDDS_PROFILE': '0'},
        {'FASTDDS_DEFAULT_PROFILES_FILE': '/mine.xml'},
        {'FASTRTPS_DEFAULT_PROFILES_FILE': '/mine.xml'},
        {'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4'},
    ],
)
def test_a_profile_of_the_users_own_wins(said: dict[str, str]) -> None:
    code = f'{SET_UP}print(use_shipped_profile(), [os.environ.get(n) for n in {NAMES}])'
    kept = [said.get(name) for name in NAMES]
    assert answer(code, **said) == f'False {kept}'


@pytest.mark.parametrize(('distribution', 'name'), [('jazzy', NAMES[1]), ('kilted', NAMES[0])])
def test_the_variable_is_the_one_that_the_distribution_reads(distribution: str, name: str) -> None:
    code = f'{SET_UP}use_shipped_profile(); print([n for n in {NAMES} if n in os.environ])'
    assert answer(code, ROS_DISTRO=distribution) == str([name])


def test_without_room_in_shared_memory_the_middleware_keeps_its_own_way(tmp_path: Path) -> None:
    code = f'{SET_UP}from pathlib import Path; print(use_shipped_profile(Path({str(tmp_path)!r})))'
    # A folder that is not there has no room; one that is has as much as its disk.
    missing = code.replace(str(tmp_path), str(tmp_path / 'missing'))
    assert (answer(code), answer(missing)) == ('True', 'False')


@pytest.mark.parametrize('said', [{}, {'OPENCV_THREAD_POOL_ACTIVE_WAIT_WORKER': '7'}])
def test_the_threads_of_opencv_are_told_to_sleep_before_it_is_loaded(said: dict[str, str]) -> None:
    # As `isaac-seg run` does, up to the first import of ROS.
    code = """
import os, sys
from isaac_seg_py.cli import main, run
run.find_graph('unet').nodes({'model': 'tiny-unet'})
import isaac_seg_py.ros
assert 'cv2' not in sys.modules
print(*(os.environ[f'OPENCV_THREAD_POOL_ACTIVE_WAIT_{one}'] for one in ('MAIN', 'WORKER')))
"""
    assert answer(code, **said) == f'0 {said.get("OPENCV_THREAD_POOL_ACTIVE_WAIT_WORKER", "0")}'
