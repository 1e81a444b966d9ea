"""Segment Anything 2: objects are shown once, and found again in the frames that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from .family import Family, IMAGENET
from .sam import Embedding
from .sam2_answers import Answers, Ask, Seen
from .sam2_bank import Bank, Recall
from .sam2_contract import PARTS, Sam2Contract
from .sam2_masks import as_scores, given_back, on_canvas
from .sam2_store import MemorySizes
from .sam2_work import Work
from ..closing import Closing
from ..encode.image import ImageEncoder
from ..encode.prompts import batches_of, tokens_of
from ..images import RawImage
from ..infer import Backend
from ..prompts import Prompt
from ..tensors import AnyArray, Tensors
from ..track_config import TrackConfig

Floats = npt.NDArray[np.float32]

# Meta's code stretches images, whatever their shape.
SAM2 = Family(
    name='sam2',
    expects='an image encoder, a decoder, a memory encoder and a memory attention',
    fits=lambda inputs, outputs: True,
    encode={**IMAGENET, 'fit': 'stretch'},
)

# A prompt that says nothing; this many make up that of a frame in which nobody shows anything.
_NOTHING = -1.0
_SILENT_TOKENS = 2
# Frames beside those of the history whose image is looked at.
_AT_WORK = 2
_PRESENT, _ABSENT = 10.0, -10.0


class FollowingNetwork(Closing):
    """The four networks. What they remember lies in a bank, which each call is given."""

    def __init__(
        self,
        encode: ImageEncoder,
        networks: Mapping[str, Backend],
        config: TrackConfig,
        *,
        name: str = '',
        work: Work | None = None,
    ) -> None:
        """
        Take networks that are open, by the names of the parts; they are closed with this.

        `work` says how they run and where what they pass on lies, on the host where it is left
        out.
        """
        self.config = config
        self.contract = Sam2Contract.of(name, networks, config.max_num_objects)
        self._encode = encode
        self._encoder, self._decoder, self._writer, self._reader = (
            networks[part] for part in PARTS
        )
        self._work = work or Work()
        self._sizes = MemorySizes.of(self.contract, config)
        self.images_encoded = 0

    @property
    def choice(self) -> str:
        """Return what runs the networks, and why, and where the memory lies."""
        size = f'{self._sizes.nbytes / 1e6:.1f} MB'
        return f'{self._reader.choice}; memory on the {self._work.where}, {size}'

    def new_bank(self) -> Bank:
        """Return a memory of nothing."""
        return Bank(self._sizes, self._work.store(self._sizes))

    def encode(self, image: RawImage) -> Embedding:
        """Encode an image, once for all objects."""
        tensors = self._encode(image)
        self.images_encoded += 1
        (array,) = tensors.arrays.values()
        given = {self._encoder.inputs[0].name: array}
        held = self.config.history_frames + _AT_WORK
        features = self._work.keep(self._encoder, given, held)
        return Embedding(features, self._encode.view_of(image.size))

    def step(self, bank: Bank, rows: Sequence[int], frame: int, seen: Embedding) -> Seen:
        """Find objects again in the next frame, and remember how they look in it."""
        found = Answers(len(rows), self.contract)
        for places, recalls in self._alike(bank, rows, frame):
            group = [rows[place] for place in places]
            points = np.zeros((len(group), _SILENT_TOKENS, 2), np.float32)
            labels = np.full(points.shape[:2], _NOTHING, np.float32)
            embedding = self._recalled(bank, group, recalls, seen)
            answer = self._decode(embedding, seen, points, labels, [None] * len(group))
            coarse, pointers = found.take(places, answer, 0, self.config)
            written = self._written(seen, coarse, found.seen.presence[places], binary=False)
            memories = written.arrays['maskmem_features']
            whole, parts = bank.store.whole(memories), bank.store.parts(memories)
            for index, place in enumerate(places):
                if found.check(place, whole[index], pointers[index]):
                    bank.remember(rows[place], frame, parts[index], pointers[index])
        return found.seen

    def show(self, bank: Bank, asks: Sequence[Ask], frame: int, seen: Embedding) -> Seen:
        """Take objects that are shown in a frame, and remember them."""
        found = Answers(len(asks), self.contract)
        masks = [place for place, ask in enumerate(asks) if ask.prompt.mask is not None]
        for place in masks:
            self._show_mask(bank, asks[place], frame, seen, found, place)
        spoken = [place for place in range(len(asks)) if place not in masks]
        tokens = [self._tokens(asks[place].prompt, seen) for place in spoken]
        for group, points, labels in batches_of(tokens, self.contract.most):
            places = [spoken[index] for index in group]
            before = (self._before(bank, asks[place], frame, seen) for place in places)
            embedding = self._work.stack(len(places), before)
            earlier = [given_back(asks[place].earlier) for place in places]
            answer = self._decode(embedding, seen, points, labels, earlier)
            # The token that says nothing is no click; a box counts as two.
            clicks = labels.shape[1] - 1
            coarse, pointers = found.take(places, answer, clicks, self.config)
            written = self._written(seen, coarse, found.seen.presence[places], binary=True)
            memories = written.arrays['maskmem_features']
            whole, parts = bank.store.whole(memories), bank.store.parts(memories)
            for index, place in enumerate(places):
                found.need(place, asks[place], whole[index], pointers[index])
                self._keep(bank, asks[place], frame, parts[index], pointers[index])
        return found.seen

    def close(self) -> None:
        """Give back the networks, and what is held for them."""
        # A network may still be at work, and may be on the device that closes last.
        self._work.wait()
        for network in (self._encoder, self._decoder, self._writer, self._reader):
            network.close()
        self._work.close()

    def _alike(
        self, bank: Bank, rows: Sequence[int], frame: int
    ) -> list[tuple[list[int], list[Recall]]]:
        """Put objects together that remember equally much, so that they go at once."""
        groups: dict[tuple[int, int], list[tuple[int, Recall]]] = {}
        for place, row in enumerate(rows):
            recall = bank.recall(row, frame)
            groups.setdefault(recall.counts, []).append((place, recall))
        most = self.contract.most
        return [
            ([place for place, _ in part], [recall for _, recall in part])
            for group in groups.values()
            for start in range(0, len(group), most)
            for part in (group[start : start + most],)
        ]

    def _recalled(
        self, bank: Bank, rows: list[int], recalls: list[Recall], seen: Embedding
    ) -> AnyArray:
        """Return the image as each object's memory sees it, (B, D, h, w)."""
        given = {
            'vision_features': seen.features.arrays['vision_features'],
            'memory': bank.maps(rows, recalls),
            'memory_tpos': np.array([recall.positions for recall in recalls], np.int64),
            'obj_ptrs': bank.pointers(rows, recalls),
            'obj_ptr_tdiff': np.array([recall.ages for recall in recalls], np.float32),
        }
        return self._work.keep(self._reader, given).arrays['image_embed']

    def _before(self, bank: Bank, ask: Ask, frame: int, seen: Embedding) -> AnyArray:
        """Return the image as it is seen before the prompt: with the object's memory, or bare."""
        recall = bank.recall(ask.row, frame) if ask.followed else None
        if recall is None or not recall.maps:
            return seen.features.arrays['image_embed']
        return self._recalled(bank, [ask.row], [recall], seen)

    def _decode(
        self,
        embedding: AnyArray,
        seen: Embedding,
        points: Floats,
        labels: Floats,
        earlier: Sequence[Floats | None],
    ) -> Tensors:
        masks = np.zeros((len(earlier), 1, *self.contract.mask), np.float32)
        for index, mask in enumerate(earlier):
            if mask is not None:
                masks[index, 0] = mask
        given = {
            **seen.features.arrays,
            'image_embed': embedding,
            'point_coords': points,
            'point_labels': labels,
            'mask_input': masks,
            'has_mask_input': np.array([mask is not None for mask in earlier], np.float32),
        }
        return self._work.run(self._decoder, given)

    def _written(
        self, seen: Embedding, scores: Floats, presence: Floats, *, binary: bool
    ) -> Tensors:
        """Return what is to be remembered of objects with these masks, as `maskmem_features`."""
        given = {
            'vision_features': seen.features.arrays['vision_features'],
            'mask_logits': scores[:, np.newaxis],
            'object_score_logits': presence[:, np.newaxis],
            'binarize': np.full(len(scores), binary, np.float32),
        }
        return self._work.keep(self._writer, given)

    def _show_mask(
        self, bank: Bank, ask: Ask, frame: int, seen: Embedding, found: Answers, place: int
    ) -> None:
        """Take a mask for what it is; the decoder is only asked for a summary of the object."""
        assert ask.prompt.mask is not None
        canvas = on_canvas(ask.prompt.mask > 0, seen.view)
        presence = np.array([_PRESENT if canvas.any() else _ABSENT], np.float32)
        coarse = as_scores(canvas, self.contract.mask)
        found.put(place, coarse, 1.0, float(presence[0]))
        scores = as_scores(canvas, self.contract.mask_logits or canvas.shape)[np.newaxis]
        written = self._written(seen, scores, presence, binary=True)
        points = np.zeros((1, _SILENT_TOKENS, 2), np.float32)
        labels = np.full((1, _SILENT_TOKENS), _NOTHING, np.float32)
        # Networks say how they read a mask; without that its scores do.
        prompt = written['mask_prompt'][0, 0] if 'mask_prompt' in written else coarse
        bare = seen.features.arrays['vision_features']
        answer = self._decode(bare, seen, points, labels, [prompt])
        memories, pointer = written.arrays['maskmem_features'], answer['obj_ptrs'][0, 0]
        found.need(place, ask, bank.store.whole(memories)[0], pointer)
        self._keep(bank, ask, frame, bank.store.parts(memories)[0], pointer)

    def _keep(self, bank: Bank, ask: Ask, frame: int, memory: AnyArray, pointer: Floats) -> None:
        keep = bank.show if self.config.keep_corrections or not ask.followed else bank.remember
        keep(ask.row, frame, memory, pointer)

    def _tokens(self, prompt: Prompt, seen: Embedding) -> tuple[Floats, Floats]:
        """Return the tokens of a prompt; behind a box, too, follows one that says nothing."""
        points, labels = tokens_of(prompt, seen.view, self.contract.canvas)
        if prompt.box is None:
            return points, labels
        return (
            np.concatenate([points, np.zeros((1, 2), np.float32)]),
            np.append(labels, np.float32(_NOTHING)),
        )
