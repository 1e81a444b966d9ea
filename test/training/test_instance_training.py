"""Objects are measured, given to cells, and learned."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip('torch', exc_type=ImportError)

from training.instance_batches import find_objects, fit, Objects  # noqa: E402
from training.instance_loss import instance_loss  # noqa: E402
from training.instance_targets import assign, iou  # noqa: E402
from training.instances_model import Found, PROTOTYPES, TinyInstances  # noqa: E402

pytestmark = pytest.mark.reference


def test_objects_are_measured_where_they_are_seen() -> None:
    ids = np.zeros((2, 16, 32), np.uint8)
    ids[1, 2:8, 4:10] = 3
    ids[1, 5:9, 8:12] = 1  # hides a corner of the other one
    ids[0, 0, 0] = 2  # too little to ask for
    classes = np.zeros((2, 5), np.uint8)
    classes[1, 3], classes[1, 1] = 6, 2
    objects = find_objects(ids, classes)
    assert objects.pictures.tolist() == [1, 1]
    assert objects.classes.tolist() == [1, 5]
    assert objects.boxes.tolist() == [[8, 5, 12, 9], [4, 2, 10, 8]]
    assert objects.masks.shape == (2, 8, 16)
    assert (objects.masks.sum(dim=(1, 2)) * 4).tolist() == [16, 36 - 6]
    assert objects.masks[0, 2, 4] == 0.5  # one of two rows


def test_pictures_without_objects_are_learned_from_too() -> None:
    objects = find_objects(np.zeros((1, 64, 64), np.uint8), np.zeros((1, 5), np.uint8))
    loss = instance_loss(TinyInstances(6)(torch.zeros(1, 3, 64, 64)), objects)
    loss.backward()
    assert torch.isfinite(loss)


def test_overlap_of_known_boxes() -> None:
    one = torch.tensor([0.0, 0.0, 4.0, 4.0])
    others = torch.tensor([[0.0, 0, 4, 4], [2, 0, 6, 4], [8, 0, 12, 4], [1, 1, 1, 1]])
    assert iou(one, others).tolist() == pytest.approx([1, 1 / 3, 0, 0])
    # The box around has 24 and 48 cells, of which 0 and 16 are of neither.
    given = iou(one, others[1:3], generalized=True)
    assert given.tolist() == pytest.approx([1 / 3, -16 / 48])


def found_at(boxes: list[list[float]], cells: list[int]) -> Found:
    """Make what a network says of a 32x32 picture: these boxes at these cells, else nothing."""
    every = torch.zeros(1, 16 + 4, 4)
    for box, cell in zip(boxes, cells, strict=True):
        every[0, cell] = torch.tensor(box)
    count = every.shape[1]
    return Found(
        every,
        torch.zeros(1, count, 2),
        torch.zeros(1, count, PROTOTYPES),
        torch.zeros(1, PROTOTYPES, 8, 8),
    )


def test_the_cell_that_finds_an_object_best_learns_it() -> None:
    # Cells of 8 pixels are numbered 0 to 15; the object covers the middle of 5, 6, 9 and 10.
    objects = Objects(
        torch.tensor([0]),
        torch.tensor([1]),
        torch.tensor([[8.0, 8, 24, 24]]),
        torch.ones(1, 16, 16),
    )
    found = found_at([[8, 8, 24, 20], [8, 8, 24, 24], [8, 8, 24, 24]], [5, 10, 0])
    targets = assign(found, objects)
    quality = dict(zip(targets.cells.tolist(), targets.quality.tolist(), strict=True))
    assert 0 not in quality  # its middle lies outside
    assert quality[10] == pytest.approx(1.0)
    assert quality[5] == pytest.approx(0.75**4, abs=1e-4)
    assert all(value < 1e-3 for cell, value in quality.items() if cell not in (5, 10))


def test_a_cell_learns_one_object_only() -> None:
    boxes = torch.tensor([[0.0, 0, 32, 32], [8.0, 8, 24, 24]])
    objects = Objects(
        torch.zeros(2, dtype=torch.long), torch.tensor([0, 1]), boxes, torch.ones(2, 16, 16)
    )
    targets = assign(found_at([[8, 8, 24, 24]], [10]), objects)
    assert targets.objects[targets.cells == 10].tolist() == [1]
    real = targets.quality > 1e-3
    assert len(targets.cells[real].unique()) == int(real.sum())


def test_the_network_learns_a_picture() -> None:
    from isaac_seg_py.scenes import make_scene

    torch.manual_seed(0)
    parts = fit(make_scene(800_400, (128, 128), objects=2), (128, 128))
    objects = find_objects(parts['ids'][None], parts['classes'][None])
    image = torch.from_numpy(parts['images']).permute(2, 0, 1)[None].float() / 127.5 - 1
    network = TinyInstances(6)
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    losses = []
    # Masks of a dozen cells: until each is right, one cell more or less is much.
    for _ in range(120):
        loss = instance_loss(network(image), objects)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.25 * losses[0]
    found = network(image)
    for number, box in enumerate(objects.boxes):
        sure = found.classes[0, :, objects.classes[number]].sigmoid() > 0.5
        overlaps = iou(found.boxes[0], box) * sure
        assert overlaps.max() > 0.6
        coefficients = found.coefficients[0, overlaps.argmax()]
        mask = torch.einsum('p,phw->hw', coefficients, found.prototypes[0]) > 0
        left, top, right, bottom = (box / 4).round().int().tolist()
        truth = torch.nn.functional.avg_pool2d(objects.masks[number][None], 2)[0] > 0.5
        inside = (slice(top, bottom), slice(left, right))
        both, either = mask[inside] & truth[inside], mask[inside] | truth[inside]
        assert both.sum() / either.sum() > 0.7
