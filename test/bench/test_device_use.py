"""How full a device is, asked of a library with NVML's functions that is made here."""

from __future__ import annotations

import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest

# What NVML's own header says of these functions, for a device that is a third full.
SOURCE = r"""
#include <string.h>
typedef struct { unsigned int gpu, memory; } use_t;
typedef struct { unsigned long long total, free, used; } memory_t;
static int alive, device;
int nvmlInit_v2(void) { alive++; return 0; }
int nvmlShutdown(void) { return alive-- > 0 ? 0 : 1; }
int nvmlDeviceGetHandleByIndex_v2(unsigned number, void **found) {
  *found = &device; return number ? 6 : 0;
}
int nvmlDeviceGetName(void *handle, char *text, unsigned length) {
  if (handle != &device || length < 8) return 2;
  strcpy(text, "Pretend"); return 0;
}
int nvmlDeviceGetUtilizationRates(void *handle, use_t *use) {
  use->gpu = 42; use->memory = 7; return handle != &device;
}
int nvmlDeviceGetMemoryInfo(void *handle, memory_t *memory) {
  memory->total = 9000000000; memory->free = 6000000000; memory->used = 3000000000;
  return handle != &device;
}
"""


@pytest.fixture(scope='module')
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the library."""
    compiler = shutil.which('cc') or shutil.which('gcc')
    if compiler is None:
        pytest.skip('no C compiler')
    folder = tmp_path_factory.mktemp('nvml')
    (folder / 'nvml.c').write_text(SOURCE)
    target = folder / 'libnvidia-ml.so.1'
    subprocess.run([compiler, '-shared', '-fPIC', '-o', target, folder / 'nvml.c'], check=True)
    return folder


def said(library: Path, code: str) -> str:
    """Return what Python prints where that library is."""
    path = f'{library}:{os.environ.get("LD_LIBRARY_PATH", "")}'
    done = subprocess.run(
        [sys.executable, '-c', code], env={**os.environ, 'LD_LIBRARY_PATH': path},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_name_use_and_memory_are_read(library: Path) -> None:
    code = (
        'from isaac_seg_py.benchmark.device_use import DeviceUse\n'
        'with DeviceUse.open() as use:\n'
        '    print(use.name, *use.read(), *use.memory())\n'
        'use.close()\n'
        'print(DeviceUse.open(1))'
    )
    words, none = said(library, code).splitlines()
    name, busy, full, used, there_is = words.split()
    assert (name, float(busy), none) == ('Pretend', 42.0, 'None')
    assert float(full) == pytest.approx(100 / 3)
    assert (int(used), int(there_is)) == (3_000_000_000, 9_000_000_000)


@pytest.mark.ros
def test_diagnostics_of_who_holds_a_network_say_how_full_it_is(library: Path) -> None:
    pytest.importorskip('rclpy', reason='rclpy is not installed; make test installs it')
    code = (
        'import rclpy\n'
        'from diagnostic_msgs.msg import DiagnosticArray\n'
        'from rclpy.node import Node\n'
        'from isaac_seg_py.ros.stage_node import StageNode\n'
        'class Holder(StageNode):\n'
        "    default_name = 'holder'\n"
        '    def start(self): pass\n'
        "    def facts(self): return {'backend': 'pretend'}\n"
        'rclpy.init()\n'
        "node, ear, heard = Holder(), Node('ear'), []\n"
        "ear.create_subscription(DiagnosticArray, '/diagnostics', heard.append, 10)\n"
        'while not heard:\n'
        '    node.diagnostics.publish()\n'
        '    rclpy.spin_once(ear, timeout_sec=0.05)\n'
        'print({v.key: v.value for v in heard[0].status[0].values})\n'
        'node.destroy_node()\n'
    )
    assert "'device memory (MB)': '3000 of 9000'" in said(library, code)
