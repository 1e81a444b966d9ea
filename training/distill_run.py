"""A distillation that can be broken off: what was learned, and how the loss went."""

from __future__ import annotations

from dataclasses import dataclass, field
import os
from pathlib import Path
import sys
from typing import Any

from isaac_seg_py.export.nanosam_encoder import ResNetEncoder, STRIDE
from isaac_seg_py.infer import Backend
from isaac_seg_py.tensors import Tensors
import numpy as np
import torch
from torch import nn, Tensor
from torch.nn import functional

from .distill_pictures import Pictures
from .training_loop import Schedule

LOSSES = {
    'huber': functional.huber_loss,
    'l1': functional.l1_loss,
    'mse': functional.mse_loss,
}
# Blocks and channels of the four stages, and channels of the neck.
STUDENTS = {
    'resnet18': ((2, 2, 2, 2), (64, 128, 256, 512), 256),
    'resnet34': ((3, 4, 6, 3), (64, 128, 256, 512), 256),
    'small': ((1, 1, 1, 1), (32, 64, 96, 128), 64),
}


class Teacher:
    """An encoder whose features are learned; any ONNX file with one image in and features out."""

    def __init__(self, network: Backend) -> None:
        """Read the sizes that a student needs."""
        self._network = network
        self._image, self._features = network.inputs[0], network.outputs[0]
        *_, height, width = self._image.shape
        *_, channels, rows, columns = self._features.shape
        sizes = (height, width, channels, rows, columns)
        if not all(isinstance(size, int) for size in sizes) or (height, rows) != (width, columns):
            raise ValueError(
                f'the teacher makes {self._features} of {self._image}; a square image and a '
                'square grid of fixed sizes are expected'
            )
        self.side, self.channels, self.grid = int(height), int(channels), int(rows)
        if self.side != STRIDE * self.grid:
            raise ValueError(
                f'the teacher has a cell of features for {height / rows:g} pixels; students have '
                f'one for {STRIDE}'
            )

    def __call__(self, images: Tensor) -> Tensor:
        """Return what the teacher makes of each image."""
        found = [
            self._network(Tensors({self._image.name: image[None].numpy()})).on_host()
            for image in images
        ]
        return torch.from_numpy(np.concatenate([one[self._features.name] for one in found]))


def make_student(name: str, teacher: Teacher) -> ResNetEncoder:
    """Make an encoder whose features have the teacher's shape."""
    depths, widths, neck = STUDENTS[name]
    student = ResNetEncoder(depths, teacher.grid, widths, teacher.channels, neck)
    for layer in student.modules():
        # As they come, the layers of the neck would hand on a hundredth of what they are given.
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity='relu')
    nn.init.normal_(student.proj[2].weight, std=neck**-0.5)
    return student


@dataclass
class Distillation:
    """A student and its optimizer, at a step; `folder` has what is needed to go on."""

    student: ResNetEncoder
    optimizer: torch.optim.Optimizer
    folder: Path
    step: int = 0
    losses: list[tuple[int, float]] = field(default_factory=list)
    held_out: list[tuple[int, float]] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """Return the checkpoint, which `isaac-seg export nanosam` takes as well."""
        return self.folder / 'checkpoint.pth'

    def resume(self) -> bool:
        """Go on where the folder's checkpoint stands, if it has one."""
        if not self.file.is_file():
            return False
        saved: dict[str, Any] = torch.load(self.file, weights_only=True)
        self.student.load_state_dict(saved['model'])
        self.optimizer.load_state_dict(saved['optimizer'])
        self.step = saved['step']
        self.losses, self.held_out = map(list, (saved['losses'], saved['held_out']))
        return True

    def save(self) -> None:
        """Write the checkpoint; who breaks off meanwhile has the one before."""
        beside = self.file.with_suffix('.part')
        torch.save(
            {
                'model': self.student.state_dict(),
                'optimizer': self.optimizer.state_dict(),
                'step': self.step,
                'losses': self.losses,
                'held_out': self.held_out,
            },
            beside,
        )
        os.replace(beside, self.file)

    def learn(
        self, pictures: Pictures, teacher: Teacher, schedule: Schedule, loss: str, batch: int
    ) -> None:
        """Take one step."""
        self.student.train()
        for group in self.optimizer.param_groups:
            group['lr'] = schedule.rate_at(schedule.part(self.step, 0))
        images = pictures.batch(self.step, batch)
        error = LOSSES[loss](self.student(images)[0], teacher(images))
        self.optimizer.zero_grad()
        torch.autograd.backward(error)
        nn.utils.clip_grad_norm_(self.student.parameters(), 2.0)
        self.optimizer.step()
        self.step += 1
        self.losses.append((self.step, error.item()))
        print(f'\rstep {self.step}  loss {error.item():.5f} ', end='')
        sys.stdout.flush()

    @torch.no_grad()
    def measure(self, pictures: Pictures, teacher: Teacher, loss: str, most: int) -> None:
        """Note the loss of pictures that were not learned from."""
        self.student.eval()
        images = pictures.held_out(most)
        found = LOSSES[loss](self.student(images)[0], teacher(images))
        self.held_out.append((self.step, found.item()))
