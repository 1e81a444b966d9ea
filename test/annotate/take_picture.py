"""
Take the picture of the page that the README shows.

    scripts/with_env python test/annotate/take_picture.py docs/images/annotate.png

A scene is opened; one object is shown by a click and another by a box, and the masks are the
network's own. How good they are is printed.
"""

from __future__ import annotations

import argparse
from pathlib import Path
import sys
import tempfile

import cv2
from isaac_seg_py import rle
from isaac_seg_py.picture_files import write_image
from isaac_seg_py.scenes import make_scene, Scene
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from annotate_process import AnnotateProcess
from driven_page import DrivenPage
from page_client import PageClient
from webdriver import Browser, is_installed, MISSING

SIZE = (960, 640)


def middle_of(mask: np.ndarray) -> tuple[float, float]:
    """Return the point x, y of a mask that is farthest from its edge."""
    inside = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    y, x = np.unravel_index(np.argmax(cv2.distanceTransform(inside, cv2.DIST_L2, 5)), inside.shape)
    return float(x) - 0.5, float(y) - 0.5


def take(scene: Scene, model: str, target: Path) -> None:
    """Mark the two largest objects and keep the picture."""
    height, width = scene.labels.shape
    size = (width, height)
    order = sorted(scene.boxes, key=lambda n: -int(np.count_nonzero(scene.instances == n)))
    names = [scene.class_names[scene.class_ids[number]] for number in order[:2]]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        write_image(folder / 'scene.png', scene.image)
        labels = ','.join(dict.fromkeys(names))
        arguments = ('scene.png', '--model', model, '--labels', labels)
        with (
            AnnotateProcess(*arguments, folder=folder) as verb,
            Browser(folder / 'profile') as browser,
        ):
            page = DrivenPage(browser, verb.address, SIZE)
            page.click(*middle_of(scene.instances == order[0]), size=size)
            page.keep(1)
            browser.keys(str(len(dict.fromkeys(names))))
            x1, y1, x2, y2 = scene.boxes[order[1]]
            page.drag((x1, y1), ((x1 + x2) / 2, (y1 + y2) / 2), (x2, y2), size=size)
            page.keep(2)
            # The clicks of the first one are on the picture, as while it was made.
            browser.press('#objects li:nth-child(1) button')
            found = PageClient(verb.address).get('/api/pictures/0')['objects']
            content = np.frombuffer(browser.picture(), np.uint8)
            verb.end()
    for number, name, one in zip(order, names, found, strict=False):
        mask, truth = rle.decode(one['mask']), scene.instances == number
        iou = np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth)
        print(f'{name}: IoU {iou:.2f} with the truth, score {one["score"]:.2f}')
    picture = cv2.imdecode(content, cv2.IMREAD_COLOR)
    assert picture is not None
    write_image(target, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8))
    print(f'{target}: {target.stat().st_size / 1e3:.0f} kB')


def main() -> None:
    """Read the words of the command line."""
    parser = argparse.ArgumentParser(description='Take the picture of the annotation page.')
    parser.add_argument('target', type=Path)
    parser.add_argument('--model', default='tiny-sam')
    parser.add_argument('--seed', type=int, default=820_009)
    arguments = parser.parse_args()
    if not is_installed():
        sys.exit(MISSING)
    model = arguments.model
    model = str(Path(model).resolve()) if Path(model).exists() else model
    take(make_scene(arguments.seed, objects=4), model, arguments.target)


if __name__ == '__main__':
    main()
