"""
Teach a small encoder to give the features of a large one, as NanoSAM learned MobileSAM's.

    isaac-seg export mobilesam --checkpoint mobile_sam.pt --output mobile_sam.onnx
    python -m training.distill --teacher mobile_sam_encoder.onnx --images FOLDER --out DIR
    isaac-seg export nanosam --checkpoint DIR/checkpoint.pth --decoder mobile_sam.pt

DIR gets checkpoint.pth, encoder.onnx and loss.png. The same command goes on where it was broken
off, and with more --steps where it ended.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from isaac_seg_py.infer import open_backend
import torch

from .distill_pictures import Pictures
from .distill_plot import plot_losses
from .distill_run import Distillation, LOSSES, make_student, STUDENTS, Teacher
from .onnx_export import export
from .training_loop import Schedule

_HELD_OUT = 8


def options(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Distil the image encoder of Segment Anything.')
    parser.add_argument('--teacher', type=Path, required=True, help='ONNX file of an encoder')
    parser.add_argument('--out', type=Path, required=True, help='folder to write')
    parser.add_argument('--images', type=Path, help='folder of pictures; scenes without it')
    parser.add_argument('--scenes', type=int, default=8192, help='number of scenes')
    parser.add_argument('--student', choices=STUDENTS, default='resnet18')
    parser.add_argument('--steps', type=int, default=20_000, help='steps in all')
    parser.add_argument('--batch', type=int, default=8)
    parser.add_argument('--rate', type=float, default=3e-4, help='highest learning rate')
    parser.add_argument('--loss', choices=LOSSES, default='huber')
    parser.add_argument('--save-every', type=int, default=200, help='steps between checkpoints')
    parser.add_argument('--backend', default='auto', help='what runs the teacher')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--threads', type=int, default=2)
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> Distillation:
    """Train as the command line says."""
    asked = options(words)
    torch.manual_seed(asked.seed)
    torch.set_num_threads(asked.threads)
    asked.out.mkdir(parents=True, exist_ok=True)
    with open_backend(asked.teacher, backend=asked.backend, threads=asked.threads) as network:
        teacher = Teacher(network)
        student = make_student(asked.student, teacher)
        pictures = Pictures(asked.images, asked.scenes, teacher.side, asked.seed)
        optimizer = torch.optim.Adam(student.parameters(), lr=asked.rate)
        run = Distillation(student, optimizer, asked.out)
        went_on = run.resume()
        print(f'{len(pictures)} pictures, {"on from" if went_on else "from"} step {run.step}')
        if not went_on:
            run.measure(pictures, teacher, asked.loss, _HELD_OUT)
        schedule = Schedule(0, asked.steps, asked.rate)
        while run.step < asked.steps:
            run.learn(pictures, teacher, schedule, asked.loss, asked.batch)
            if run.step % asked.save_every == 0 or run.step == asked.steps:
                run.measure(pictures, teacher, asked.loss, _HELD_OUT)
                run.save()
                curves = {'learned from': run.losses, 'held out': run.held_out}
                plot_losses(curves, asked.out / 'loss.png')
    print()
    side = (teacher.side, teacher.side)
    export(run.student, side, asked.out / 'encoder.onnx', outputs=('image_embeddings',))
    first, last = run.held_out[0][1], run.held_out[-1][1]
    print(f'{asked.out}: {asked.loss} loss of held-out pictures {first:.5f}, now {last:.5f}')
    return run


if __name__ == '__main__':
    main()
