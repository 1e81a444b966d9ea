"""The manifests that are shipped, and short ones that tests write."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.catalog.model_folders import catalog

MODELS = Path(__file__).parent.parent / 'models'
SHIPPED = {name: entry for name, entry in catalog().items() if entry.path.parent == MODELS}
GOOD = 'name: n\nfamily: unet\nfile: n.onnx\n'
# These are shown what to look for, and know no classes.
PROMPTED = ('sam', 'sam2')


def written(folder: Path, text: str) -> Path:
    """Write a manifest."""
    path = folder / 'n.yaml'
    path.write_text(text)
    return path
