"""
`isaac-seg segment` on a folder, beside the least that does the same: OpenCV and ONNX Runtime.

Both read 100 PNG files of 640x480 and write two for each, the class ids and the coloured mask. The
bare loop stretches, takes the highest score and the nearest cell; ours interpolates the scores.
"""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
import io
from pathlib import Path
import statistics
import tempfile
import time

import cv2
from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.cli.main import main as isaac_seg
from isaac_seg_py.media import write_image
from isaac_seg_py.progress import Progress
from isaac_seg_py.scenes import make_scene
import numpy as np
import onnxruntime

COUNT = 100
ROUNDS = 3
FIRST_SEED = 830_000
TARGET = 0.9


def bare_loop(manifest: Manifest, files: list[Path], out: Path) -> None:
    """Do it one after the other, without any of this package."""
    options = onnxruntime.SessionOptions()
    session = onnxruntime.InferenceSession(
        str(manifest.file), options, providers=['CPUExecutionProvider']
    )
    (given,) = session.get_inputs()
    height, width = given.shape[2:]
    colors = np.array([[c & 255, c >> 8 & 255, c >> 16] for c in manifest.palette], np.uint8)
    for file in files:
        picture = cv2.imread(str(file))
        small = cv2.resize(picture, (width, height))[:, :, ::-1]
        tensor = ((small / np.float32(255) - 0.5) / 0.5).transpose(2, 0, 1)[np.newaxis]
        scores = session.run(None, {given.name: np.ascontiguousarray(tensor, np.float32)})[0]
        mask = scores[0].argmax(0).astype(np.uint8)
        size = (picture.shape[1], picture.shape[0])
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
        fast = [cv2.IMWRITE_PNG_COMPRESSION, 1]
        cv2.imwrite(str(out / f'{file.stem}_mask.png'), mask, fast)
        cv2.imwrite(str(out / f'{file.stem}_color.png'), colors[mask], fast)


def ours(model: str, folder: Path, out: Path) -> None:
    """Call the command line."""
    asked = ['segment', str(folder), str(out), '--model', model, '--visualize', 'mask']
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        code = isaac_seg([*asked, '--no-json', '--overwrite'])
    if code:
        raise SystemExit(f'isaac-seg segment ended with {code}')


def measure(model: str) -> tuple[float, float]:
    """Return the seconds of the bare loop and of ours, medians of rounds in turn."""
    manifest = find_manifest(model)
    with tempfile.TemporaryDirectory() as name, Progress(f'folder {model}', 2 * ROUNDS) as bar:
        source, out = Path(name) / 'in', Path(name) / 'out'
        source.mkdir()
        out.mkdir()
        for seed in range(FIRST_SEED, FIRST_SEED + COUNT):
            write_image(source / f'{seed}.png', make_scene(seed).image)
        files = sorted(source.iterdir())
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for which, work in enumerate((
                lambda: bare_loop(manifest, files, out),
                lambda: ours(model, source, out),
            )):  # fmt: skip
                begin = time.perf_counter()
                work()
                times[which].append(time.perf_counter() - begin)
                bar.step()
    return statistics.median(times[0]), statistics.median(times[1])


def main() -> None:
    """Measure the small models and print the table."""
    print(f'\nisaac-seg segment, {COUNT} images of 640x480, masks and colours written')
    print('model              bare loop s   ours s   bare / ours   target')
    for model in ('tiny-unet', 'tiny-segformer', 'tiny-fcn'):
        if not find_manifest(model).on_disk:
            continue
        bare, own = measure(model)
        verdict = 'pass' if bare / own >= TARGET else 'miss'
        print(f'{model:<18} {bare:11.2f} {own:8.2f} {bare / own:13.2f}   >= {TARGET} {verdict}')
