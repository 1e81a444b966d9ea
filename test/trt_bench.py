"""A recorded device with the stand-in of TensorRT on it, and plans to run there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attention_model import attention_model
from isaac_seg_py.cuda import Device
from isaac_seg_py.infer.plan_file import PlanFile
from isaac_seg_py.infer.trt import TensorRtBackend
from isaac_seg_py.infer.trt_library import TrtLibrary
from isaac_seg_py.infer.trt_log import LibraryLog
import numpy as np
import onnx
import onnxruntime
from pretend_tensorrt import make_plan, PretendTensorRt

IMAGE = np.linspace(-1, 1, 72, dtype=np.float32).reshape(1, 3, 4, 6)


class Bench:
    """A device, a library and a folder for plans."""

    def __init__(self, binding: Any, folder: Path) -> None:
        self.binding = binding
        self.folder = folder
        self.device = Device(binding)
        self.module = PretendTensorRt(binding)
        self.library = TrtLibrary('tensorrt-rtx', self.module, '1.7', LibraryLog(self.module))

    def plan(self, model: Path, *profiles: dict[str, Any], **facts: Any) -> Path:
        """Write the plan of a model."""
        path = self.folder / 'net.plan'
        PlanFile(path).write(make_plan(model, list(profiles), **facts), {})
        return path

    def open(self, path: Path, **how: Any) -> TensorRtBackend:
        """Open a plan."""
        return TensorRtBackend(path, None, self.library, self.device, **how)


def benches(kind: str, folder: Path) -> Iterator[Bench]:
    """Give a bench; at the end all is given back and no rule was broken."""
    from recording_binding import RecordingBinding

    made = Bench(RecordingBinding(integrated=kind == 'integrated'), folder)
    yield made
    made.device.close()
    assert made.binding.violations == []
    assert made.binding.alive == {}


def attention_plan(bench: Bench, **facts: Any) -> tuple[Path, onnxruntime.InferenceSession]:
    """Write a plan with two profiles, and give what computes its truth."""
    model = attention_model()
    path = bench.folder / 'attention.onnx'
    onnx.save(model, str(path))
    small = {'image': [[1, 3, 32, 32], [1, 3, 32, 32], [1, 3, 64, 64]]}
    large = {'image': [[1, 3, 64, 64], [1, 3, 96, 96], [1, 3, 128, 128]]}
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    return bench.plan(path, small, large, **facts), session


def picture(*shape: int) -> np.ndarray:
    return np.random.default_rng(800003).random(shape, np.float32)
