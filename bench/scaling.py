"""
How our cost grows: `python -m bench scaling` prints a table and draws out/bench/scaling_*.png.

All is processor time of all threads for one image, in milliseconds, so that other work on the
machine matters little. Of Segment Anything the networks are part of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import tempfile
import time

import cv2
from isaac_seg_py.benchmark.curves import plot_curves, side_by_side
from isaac_seg_py.benchmark.networks import write_identity
from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.cli.measuring.subjects import Asked
from isaac_seg_py.cli.table import show_table
from isaac_seg_py.config import DecodeConfig, EncodeConfig
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.geometry import View
from isaac_seg_py.images import RawImage
from isaac_seg_py.picture_files import write_image
from isaac_seg_py.progress import Progress
from isaac_seg_py.promptable import PromptableSegmenter
from isaac_seg_py.scenes import make_scene, make_video
from isaac_seg_py.tensors import Tensors
from isaac_seg_py.track.tracker import VideoTracker
import numpy as np

from .cameras import Cameras
from .prompts import boxes_of

FOLDER = Path('out/bench')
SEED = 832_000
HD = (720, 1280)
SIZES = ((240, 320), (480, 640), HD, (1080, 1920), (1440, 2560))
SIDE, USUAL = 512, 19
CLASSES = (2, 6, 19, 50, 100, 150)
PROMPTS = (1, 5, 10, 20, 40)
OBJECTS = (1, 2, 3, 5)
CAMERAS = (1, 2, 4)
SUBSCRIBERS = (0, 1, 2, 4)
ROUNDS, FRAMES = 5, 8
FILLED = 8

Points = list[tuple[float, float]]
Curves = dict[str, Points]


def cpu_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the least processor time of some rounds, after one to warm up."""
    work()
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return 1e3 * min(times)


def decoding(classes: int, size: tuple[int, int]) -> Callable[[], object]:
    """Return what decodes regions of some classes to ids and colours in an image of a size."""
    coarse = np.random.default_rng(SEED).normal(size=(classes, 12, 12)).astype(np.float32)
    planes = [cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for one in coarse]
    view = View(image=size, canvas=(SIDE, SIDE), content=(SIDE, SIDE), offset=(0, 0))
    outputs = Tensors({'scores': np.stack(planes)[np.newaxis]}, view)
    decode = LabelDecoder(DecodeConfig())
    return lambda: decode(outputs).color()


def image_size() -> Curves:
    """Measure the stages of images of several sizes; x is in megapixels."""
    encode = ImageEncoder(EncodeConfig(network_image_width=SIDE, network_image_height=SIDE))
    curves: Curves = {'encode': [], f'decode {USUAL} classes': []}
    for size in SIZES:
        image = RawImage.from_array(make_scene(SEED, size).image, 'rgb8')
        works = (lambda image=image: encode(image), decoding(USUAL, size))
        for points, work in zip(curves.values(), works, strict=True):
            points.append((round(size[0] * size[1] / 1e6, 2), cpu_ms(work)))
    return curves


def classes() -> Curves:
    """Measure the decoder."""
    return {'decode to 720p': [(count, cpu_ms(decoding(count, HD))) for count in CLASSES]}


def prompts() -> Curves:
    """Measure boxes on an image that is encoded."""
    boxes = boxes_of(SEED, HD, max(PROMPTS))
    with PromptableSegmenter.open('tiny-sam', backend='onnxruntime', threads=1) as sam:
        seen = sam.encode(make_scene(SEED, HD).image)
        points = [
            (count, cpu_ms(lambda count=count: sam.predict(seen, boxes=boxes[:count])))
            for count in PROMPTS
        ]
    return {'tiny-sam, boxes on 720p': points}


def objects() -> Curves:
    """Measure an image of a video, when the memory is full."""
    images = [scene.image for scene in make_video(SEED, FILLED, HD, objects=3)]
    boxes = boxes_of(SEED, HD, max(OBJECTS))
    points: Points = []
    for count in OBJECTS:
        with VideoTracker.open('tiny-sam2', backend='onnxruntime', threads=1) as track:
            for number, box in enumerate(boxes[:count]):
                track.add(number, box=box)
            for image in images:
                track(image)
            points.append((count, cpu_ms(lambda: track(images[-1]))))
    return {'tiny-sam2, 720p': points}


def _unet(folder: str, **arguments: str) -> Asked:
    return Asked.read('unet', {'mask_frame': 'network', **arguments}, Path(folder))


def _with_open_batch(folder: Path) -> Path:
    """Write tiny-unet again as a network that takes any number of images."""
    import onnx

    manifest = find_manifest('tiny-unet')
    model = onnx.load(str(manifest.model_file()))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = 'n'
    # What was known of the tensors between them is for one image.
    del model.graph.value_info[:]
    file = folder / 'tiny_unet_batch.onnx'
    onnx.save(model, str(file))
    return file


def cameras() -> Curves:
    """Measure cameras with a graph each in one container, for one image of one camera."""
    image = RawImage.from_array(make_scene(SEED, HD).image, 'rgb8')
    curves: Curves = {}
    with tempfile.TemporaryDirectory() as folder:
        joined = {'model': str(_with_open_batch(Path(folder))), 'max_batch_size': '4'}
        for label, arguments in {
            'network that does nothing': {'model': str(write_identity(Path(folder)))},
            'tiny-unet': {'model': 'tiny-unet'},
            'tiny-unet, in one run where they wait': joined,
        }.items():
            points = curves[label] = []
            asked = _unet(folder, backend='onnxruntime', threads='1', **arguments)
            for count in CAMERAS:
                with Cameras(asked, image, count) as rig:
                    points.append((count, rig.cpu_ms(FRAMES, ROUNDS)))
    return curves


def subscribers() -> Curves:
    """Measure a graph whose mask goes to more and more besides the one that is always there."""
    image = RawImage.from_array(make_scene(SEED, HD).image, 'rgb8')
    curves: Curves = {'by reference': [], 'as messages': []}
    with tempfile.TemporaryDirectory() as folder:
        asked = _unet(folder, model=str(write_identity(Path(folder))), threads='1')
        for name, points in curves.items():
            for count in SUBSCRIBERS:
                which = {'local' if name == 'by reference' else 'remote': count}
                with Cameras(asked, image, 1, **which) as rig:
                    points.append((count, rig.cpu_ms(FRAMES, ROUNDS)))
    return curves


# By the name of its file: what grows along the x axis.
PLOTS: dict[str, tuple[str, Callable[[], Curves]]] = {
    'image_size': ('megapixels', image_size),
    'classes': ('classes', classes),
    'prompts': ('boxes', prompts),
    'objects': ('objects followed', objects),
    'cameras': ('cameras at 10 Hz, a frame of one', cameras),
    'subscribers': ('more subscribers of the mask', subscribers),
}


def main() -> None:
    """Measure everything, print it and draw it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    table: list[tuple[str, ...]] = [('what', 'grows', 'CPU ms at each')]
    pictures = []
    with Progress('scaling', len(PLOTS)) as bar:
        for name, (across, work) in PLOTS.items():
            curves = work()
            for label, points in curves.items():
                told = ', '.join(f'{x:g}: {y:.2f}' for x, y in points)
                table.append((label, across, told))
            title = f'CPU ms of a frame: {name.replace("_", " ")}'
            pictures.append(plot_curves(curves, title, across))
            write_image(FOLDER / f'scaling_{name}.png', pictures[-1])
            bar.step()
    write_image(FOLDER / 'scaling.png', side_by_side(pictures, 3))
    print()
    show_table(table)
    print(f'Plots: {FOLDER / "scaling.png"}, and each by itself')


if __name__ == '__main__':
    main()
