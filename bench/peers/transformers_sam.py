"""Peer (d): Segment Anything and SAM 2 as transformers has them, in PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
import torch
from torch.nn import functional
from transformers import Sam2VideoModel, SamImageProcessorPil, SamModel, SamProcessor
from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoInferenceSession

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def on_gpu() -> bool:
    """Say whether PyTorch runs on a GPU here."""
    return bool(torch.cuda.is_available())


def _loaded(kind: Any, folder: Path, compiled: bool, threads: int) -> Any:
    """Return a network on the GPU, or on some threads of the processor."""
    torch.set_num_threads(threads)
    device = 'cuda' if on_gpu() else 'cpu'
    model = kind.from_pretrained(folder).eval().to(device)
    if compiled:
        # By far the most of the work, and always of one shape.
        model.vision_encoder = torch.compile(model.vision_encoder)
    return model


class TransformersSam:
    """`SamModel` with its processor, as the documentation shows it; features are kept."""

    def __init__(self, folder: Path, compiled: bool, threads: int) -> None:
        """Load the network; the processor's sizes are those of the network."""
        self.model = _loaded(SamModel, folder, compiled, threads)
        side = self.model.config.vision_config.image_size
        self.processor = SamProcessor(
            SamImageProcessorPil(
                size={'longest_edge': side}, pad_size={'height': side, 'width': side}
            )
        )

    @torch.inference_mode()
    def encode(self, picture: np.ndarray) -> tuple[Any, Any]:
        """Return the features of an RGB picture, and its sizes before and after the processor."""
        given = self.processor(Image.fromarray(picture), return_tensors='pt')
        pixels = given['pixel_values'].to(self.model.device)
        return self.model.get_image_embeddings(pixels), given

    @torch.inference_mode()
    def predict(self, seen: tuple[Any, Any], boxes: list[list[float]]) -> np.ndarray:
        """Return a mask (N, H, W) for each box."""
        features, given = seen
        (height, width), (rows, columns) = (
            given[name][0].tolist() for name in ('original_sizes', 'reshaped_input_sizes')
        )
        scale = torch.tensor([columns / width, rows / height] * 2)
        found = self.model(
            image_embeddings=features,
            input_boxes=(torch.tensor(boxes) * scale)[None].to(features.device),
            multimask_output=False,
        )
        (masks,) = self.processor.post_process_masks(
            found.pred_masks.cpu(), given['original_sizes'], given['reshaped_input_sizes']
        )
        return np.asarray(masks[:, 0])


class TransformersSam2:
    """`Sam2VideoModel` on images that come one after the other, with some objects."""

    def __init__(self, folder: Path, compiled: bool, threads: int) -> None:
        """Load the network."""
        self.model = _loaded(Sam2VideoModel, folder, compiled, threads)
        self.side = self.model.image_size
        self.mean, self.deviation = (
            torch.tensor(value, device=self.model.device).reshape(1, 3, 1, 1)
            for value in (MEAN, DEVIATION)
        )

    def start(self, boxes: list[list[float]], size: tuple[int, int]) -> None:
        """Begin a video of that (height, width), with objects shown in its first image."""
        height, width = size
        self.session = Sam2VideoInferenceSession(
            video_height=height, video_width=width, dtype=torch.float32,
            inference_device=self.model.device, inference_state_device=self.model.device,
            max_vision_features_cache_size=1,
        )  # fmt: skip
        scale = np.float32([self.side / width, self.side / height])
        labels = torch.tensor([[[2, 3]]], dtype=torch.int32, device=self.model.device)
        for number, box in enumerate(boxes):
            corners = torch.tensor(np.reshape(np.float32(box), (1, 1, 2, 2)) * scale)
            told = {'point_coords': corners.to(self.model.device), 'point_labels': labels}
            self.session.add_point_inputs(self.session.obj_id_to_idx(number), 0, told)
        self.session.obj_with_new_inputs = list(range(len(boxes)))

    @torch.inference_mode()
    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Return a mask (N, H, W) for each object in the next RGB picture."""
        pixels = torch.from_numpy(picture).to(self.model.device).permute(2, 0, 1)[None] / 255
        pixels = functional.interpolate(
            pixels, size=(self.side, self.side), mode='bilinear', antialias=True
        )
        found = self.model(self.session, frame=(pixels - self.mean) / self.deviation)
        masks = functional.interpolate(
            found.pred_masks, size=picture.shape[:2], mode='bilinear', align_corners=False
        )
        return np.asarray((masks[:, 0] > 0).cpu())
