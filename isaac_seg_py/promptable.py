"""PromptableSegmenter: Segment Anything in one object, without ROS."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .automatic import Everything, find_everything
from .automatic_config import AutomaticConfig
from .catalog.manifest import Manifest
from .catalog.model_folders import find_manifest
from .closing import Closing
from .errors import PromptError
from .families.sam import Answer, Embedding, open_sam, PromptedNetwork
from .images import RawImage
from .instance_masks import InstanceMasks
from .prompts import make_prompts
from .settings import from_mapping


class PromptableSegmenter(Closing):
    """
    Finds the objects of an image that are pointed at.

        with PromptableSegmenter.open('tiny-sam') as sam:
            seen = sam.encode(image)                               # once
            masks = sam.predict(seen, boxes=[(x1, y1, x2, y2)])    # as often as one likes
            masks = sam.predict(seen, points=[[(x, y), (u, v)]], labels=[[1, 0]])
            masks = sam.everything(seen).objects                   # without being asked
    """

    def __init__(self, manifest: Manifest, network: PromptedNetwork) -> None:
        """Take a network that is ready; `PromptableSegmenter.open` makes one."""
        self.manifest = manifest
        self._network = network

    @classmethod
    def open(cls, model: str, **settings: Any) -> PromptableSegmenter:
        """
        Open a model by its name or its manifest file.

        `settings` are those of `InferConfig`, `EncodeConfig` and `PromptConfig`, by name.
        """
        manifest = find_manifest(model)
        return cls(manifest, open_sam(manifest, **settings))

    @property
    def images_encoded(self) -> int:
        """Return how many images went through the encoder."""
        return self._network.images_encoded

    def encode(self, image: npt.NDArray[np.uint8] | RawImage) -> Embedding:
        """Encode an image: (H, W, 3) uint8 RGB, (H, W) uint8 grey, or a RawImage."""
        return self._network.encode(RawImage.of(image))

    def predict(self, seen: Embedding, **prompts: Any) -> InstanceMasks:
        """Return the objects that prompts show, in their order; see `ask` for the prompts."""
        return self.ask(seen, **prompts).objects

    def ask(
        self,
        seen: Embedding,
        *,
        points: Sequence[Any] | None = None,
        labels: Sequence[Any] | None = None,
        boxes: Sequence[Any] | None = None,
        masks: Sequence[Any] | None = None,
        ids: Sequence[Hashable] | None = None,
        class_ids: Sequence[int] | None = None,
    ) -> Answer:
        """
        Return objects with the coarse scores that refine them.

        Each list has an entry for each object, or is left out: its points (x, y) with labels, 1 on
        the object and 0 beside it; its box x1, y1, x2, y2; a row of an earlier answer's `coarse`.
        """
        if not isinstance(seen, Embedding):
            raise PromptError(
                f'a {type(seen).__name__} came to be asked; what encode(image) returns is expected'
            )
        return self._network.predict(
            seen,
            make_prompts(
                seen.view.image,
                points=points,
                labels=labels,
                boxes=boxes,
                masks=masks,
                ids=ids,
                class_ids=class_ids,
            ),
        )

    def everything(
        self, image: npt.NDArray[np.uint8] | RawImage | Embedding, **settings: Any
    ) -> Everything:
        """
        Return the objects that a grid of points finds in an image, or in one that is encoded.

        `settings` are those of `AutomaticConfig`, by name; they win over the manifest. Crops need
        the image itself.
        """
        config = from_mapping(AutomaticConfig, {**self.manifest.everything, **settings})
        seen = image if isinstance(image, Embedding) else RawImage.of(image)
        return find_everything(self._network, seen, config)

    def __repr__(self) -> str:
        """Return the model."""
        return f'PromptableSegmenter({self.manifest.name!r}, family {self.manifest.family})'

    def close(self) -> None:
        """Give back what the networks hold; closing twice is harmless."""
        self._network.close()
