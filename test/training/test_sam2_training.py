"""The tiny Segment Anything 2 follows clips from memory, learns, and is written as it is."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from isaac_seg_py.scenes import stream_video
from isaac_seg_py.track.tracker import VideoTracker
import numpy as np
import pytest

torch = pytest.importorskip('torch', exc_type=ImportError)
pytest.importorskip('onnx', exc_type=ImportError)

from training.clip_batches import clip_of, ClipBatches, fit, follow, FRAMES  # noqa: E402
from training.sam2_export import examples, export_sam2  # noqa: E402
from training.sam2_loss import clip_loss, Memory  # noqa: E402
from training.sam2_model import Decoder, TinySam2  # noqa: E402

pytestmark = [
    pytest.mark.reference,
    # The exporter that needs no further package says so of itself.
    pytest.mark.filterwarnings('ignore::DeprecationWarning'),
]

SIZE = (96, 128)
SIDE = 128


def clip(frames: int = 3) -> tuple[torch.Tensor, np.ndarray]:
    """Make pictures (T, 3, H, W) and their object ids (1, T, H, W)."""
    scenes = islice(stream_video(800_500, SIZE, 2), frames)
    parts = [fit(scene, SIZE) for scene in scenes]
    images = torch.from_numpy(np.stack([part['images'] for part in parts]))
    ids = np.stack([part['ids'] for part in parts])[None]
    return images.permute(0, 3, 1, 2).float() / 127.5 - 1, ids


def test_a_clip_keeps_its_objects_and_they_move() -> None:
    scenes = clip_of(3)
    assert len(scenes) == FRAMES
    assert len({tuple(scene.class_ids) for scene in scenes}) == 1
    assert (scenes[0].instances != scenes[-1].instances).any()


def test_objects_are_shown_in_the_first_frame_in_one_of_three_ways() -> None:
    ids = np.zeros((2, 3, 32, 48), np.uint8)
    ids[1, :, 4:20, 8:24] = 5
    ids[1, 2] = 0  # hidden in the last frame
    ids[0, 1:, :, :] = 7  # comes later: nobody shows it
    kinds = set()
    for seed in range(60):
        followed = follow(ids, np.random.default_rng(seed))
        assert followed is not None
        assert followed.clips.tolist() == [1]
        assert followed.visible[:, 0].tolist() == [True, True, False]
        labels = tuple(followed.labels[0].tolist())
        kinds.add((labels, followed.shown[0].item()))
        x, y = followed.points[0, 0].tolist()
        if labels[0] == 1:
            assert ids[1, 0, int(y), int(x)] == 5
    assert kinds == {((2, 3, -1), 0), ((1, -1, -1), 0), ((-1, -1, -1), 1)}


def test_clips_are_read_whole_and_mirrored_alike(tmp_path: Path) -> None:
    images, ids = clip(FRAMES)
    pictures = ((images + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    np.savez(
        tmp_path / f'clips-{SIZE[0]}x{SIZE[1]}-000000.npz',
        images=np.concatenate([pictures, pictures]),
        ids=np.concatenate([ids[0], ids[0]]),
    )
    clips = ClipBatches(tmp_path, 1, SIZE)
    assert len(clips) == 2
    whole, followed = next(clips.batches(2, np.random.default_rng(0)))
    assert whole.shape == (2 * FRAMES, 3, *SIZE)
    assert followed.masks.shape[0] == FRAMES
    short, followed = next(clips.batches(2, np.random.default_rng(1), crop=3))
    assert short.shape == (2 * 3, 3, *SIZE)
    assert followed.masks.shape[0] == 3
    # The outlines of the masks are outlines of the picture, in each frame.
    for frame in range(3):
        any_mask = followed.masks[frame][followed.clips == 0].amax(dim=0) > 0.5
        small = torch.nn.functional.avg_pool2d(short[frame][None], 2)[0]
        step = (small[:, :, 1:] - small[:, :, :-1]).abs().sum(dim=0)
        outline = any_mask[:, 1:] != any_mask[:, :-1]
        assert step[outline].mean() > 1.5 * step[~outline].mean()


def test_memory_has_the_latest_frames_and_the_one_that_showed_the_object() -> None:
    seen: list[tuple[torch.Tensor, ...]] = []

    class Noting(TinySam2):
        def __init__(self) -> None:
            super().__init__(SIDE)
            self.recall.register_forward_pre_hook(lambda _, given: seen.append(given))

    network, memory = Noting(), Memory()
    for frame in range(10):
        memory.maps.append(torch.full((2, 32, 6, 8), float(frame)))
        memory.pointers.append(torch.full((2, 64), float(frame)))
    memory.recalled(network, torch.zeros(2, 64, 6, 8))
    _, maps, times, pointers, ages = seen[0]
    assert maps[0, :, 0, 0, 0].tolist() == [0, 4, 5, 6, 7, 8, 9]
    assert times[1].tolist() == [6, 5, 4, 3, 2, 1, 0]
    assert pointers[0, :, 0].tolist() == list(range(10))
    assert (ages[0] * 15).round().tolist() == list(range(10, 0, -1))


def test_the_network_learns_a_clip_and_leaves_the_trunk_alone() -> None:
    torch.manual_seed(0)
    images, ids = clip()
    network, random = TinySam2(SIDE).train(), np.random.default_rng(0)
    trunk = {
        name: value.clone() for name, value in network.encoder.at_quarter.state_dict().items()
    }
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    losses = []
    for _ in range(60):
        followed = follow(ids, random)
        assert followed is not None
        loss = clip_loss(network(images), followed)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    assert network.remember.picture.weight.grad is not None
    assert network.pointer[0].weight.grad is not None
    for name, value in network.encoder.at_quarter.state_dict().items():
        assert torch.equal(value, trunk[name])


def test_an_object_out_of_sight_has_no_mask_and_no_pointer() -> None:
    torch.manual_seed(1)
    network = TinySam2(SIDE).eval()
    given = examples(network, SIZE, objects=2, points=2, memories=1, pointers=1)['decoder']
    with torch.no_grad():
        network.no_pointer.fill_(3.0)
        network.decoder.presence.bias.fill_(-50.0)
        masks, _, pointers, presence, _ = Decoder(network)(*given.values())
        assert (presence < 0).all()
        assert (masks == -1024).all()
        assert (pointers == 3.0).all()
        network.decoder.presence.bias.fill_(50.0)
        masks, _, pointers, _, stability = Decoder(network)(*given.values())
    assert masks.abs().max() < 1000
    assert (pointers != 3.0).any()
    first = masks[:, 0].flatten(1)
    expected = (first > 0.05).sum(1) / (first > -0.05).sum(1)
    assert stability[:, 0].tolist() == pytest.approx(expected.nan_to_num(1.0).tolist())


def test_the_four_files_follow_objects_in_the_tracker(tmp_path: Path) -> None:
    torch.manual_seed(2)
    # Compares each with the network by itself.
    files = export_sam2(TinySam2(SIDE), SIZE, tmp_path / 'net.onnx')
    parts = [f'  {file.stem.removeprefix("net_")}: {file.name}\n' for file in files]
    manifest = tmp_path / 'net.yaml'
    manifest.write_text(
        'name: net\nfamily: sam2\nlicense: Apache-2.0\n'
        f'files:\n{"".join(parts)}input: {{name: image, size: {list(SIZE)}, fit: letterbox}}\n'
    )
    with VideoTracker.open(str(manifest)) as tracker:
        tracker.add('one', box=(10, 10, 60, 50))
        tracker.add('two', points=[(90, 40)])
        for scene in islice(stream_video(800_501, (120, 160), 2), 9):
            tracked = tracker(scene.image)
        assert tracked.ids == ('one', 'two')
        assert tracked.masks.shape == (2, 120, 160)
        assert np.isfinite(tracked.scores).all()
