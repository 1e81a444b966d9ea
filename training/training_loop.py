"""The training loop of every network: schedule, averaged weights, progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import copy
from dataclasses import dataclass
import math
import sys
import time
from typing import Any

import torch
from torch import nn, Tensor

# Of the network's outputs, the truth, and whether these are crops, which come first.
Loss = Callable[[Any, Any, bool], Tensor]


@dataclass(frozen=True)
class Schedule:
    """How long and how boldly to train."""

    minutes: float
    steps: int = 0
    """Where it is given it decides, not the time."""
    rate: float = 4e-3
    warm_up: float = 0.06
    """Part of the time in which the rate rises."""
    weight_decay: float = 1e-3
    averaging: float = 0.995
    """How much of the averaged weights stays at each step."""
    crops: float = 0.72
    """Part of the time in which crops are learned from."""

    def part(self, step: int, seconds: float) -> float:
        """Give the part of the whole that is over, from 0 to 1."""
        return step / self.steps if self.steps else seconds / (self.minutes * 60)

    def rate_at(self, part: float) -> float:
        """Give the learning rate at a part of the time: up in a line, down in a cosine."""
        if part < self.warm_up:
            return self.rate * (0.05 + 0.95 * part / self.warm_up)
        down = (part - self.warm_up) / (1 - self.warm_up)
        return self.rate * (0.002 + 0.998 * (1 + math.cos(math.pi * min(down, 1.0))) / 2)


class AveragedWeights:
    """A copy of a network whose weights follow the trained ones slowly."""

    def __init__(self, network: nn.Module, keep: float) -> None:
        self.network = copy.deepcopy(network).eval()
        self._keep, self._steps = keep, 0

    @torch.no_grad()
    def follow(self, network: nn.Module) -> None:
        """Take one step towards `network`; the first steps are large."""
        self._steps += 1
        keep = min(self._keep, self._steps / (self._steps + 10))
        for mine, theirs in zip(
            self.network.state_dict().values(), network.state_dict().values(), strict=True
        ):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs, 1 - keep)
            else:
                mine.copy_(theirs)


def train(
    network: nn.Module,
    crops: Iterator[tuple[Tensor, Any]],
    whole: Iterator[tuple[Tensor, Any]],
    loss_of: Loss,
    schedule: Schedule,
) -> nn.Module:
    """
    Train for some minutes and give the averaged network; shows how far it is.

    First on crops, which is where most is learned in a given time, then on whole pictures, which
    is what the network will see.
    """
    # Channels last is what convolutions on a CPU are fast with.
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    network.train()
    average = AveragedWeights(network, schedule.averaging)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=schedule.weight_decay)
    start, loss_now, step = time.monotonic(), 0.0, 0
    while (part := schedule.part(step, time.monotonic() - start)) < 1:
        for group in optimizer.param_groups:
            group['lr'] = schedule.rate_at(part)
        young = part < schedule.crops
        images, truth = next(crops if young else whole)
        outputs = network(images.to(memory_format=torch.channels_last))
        loss = loss_of(outputs, truth, young)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimizer.step()
        average.follow(network)
        loss_now = loss.item() if step == 0 else 0.97 * loss_now + 0.03 * loss.item()
        step += 1
        if step % 10 == 0:
            print(f'\rtraining: {part:5.1%}  step {step}  loss {loss_now:.4f} ', end='')
            sys.stdout.flush()
    print()
    return average.network
