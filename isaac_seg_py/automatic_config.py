"""The settings of masks for everything in an image."""

from __future__ import annotations

from dataclasses import dataclass

from .settings import check_settings, setting


@dataclass(frozen=True)
class AutomaticConfig:
    """Where points are put without being asked, and which of their masks stay."""

    points_per_side: int = setting(
        32, 'Points of the grid along each side of the image.', low=1, high=256
    )
    pred_iou_thresh: float = setting(
        0.88, 'Predicted IoU that a mask must have.', low=0.0, high=1.0
    )
    stability_score_thresh: float = setting(
        0.95, 'Stability that a mask must have; see stability_offset.', low=0.0, high=1.0
    )
    max_point_gap: float = setting(
        1.0,
        'How far a point may lie beside the mask that it found, as a share of the longer side of '
        'the image. 1: anywhere. What is found far from its point is often a part of something.',
        low=0.0,
        high=1.0,
    )
    min_island_share: float = setting(
        0.0,
        'Share of the pixels of its largest part that another part of a mask must have; smaller '
        'ones are removed before masks are compared. Pixels that stray make its box larger.',
        low=0.0,
        high=1.0,
    )
    box_nms_thresh: float = setting(
        0.7, 'Overlap of boxes (IoU) above which only the better mask stays.', low=0.0, high=1.0
    )
    mask_nms_thresh: float = setting(
        1.0,
        'Overlap of the masks themselves (IoU) above which only the better one stays, at last. 1: '
        'all stay. A few pixels that stray make the box of a second mask of an object another.',
        low=0.0,
        high=1.0,
    )
    crop_n_layers: int = setting(
        0,
        'How often the image is cut: layer n has 4^n crops, each encoded by itself. Small objects '
        'are found in them.',
        low=0,
        high=4,
    )
    crop_nms_thresh: float = setting(
        0.7, 'The same as box_nms_thresh, between crops.', low=0.0, high=1.0
    )
    crop_overlap_ratio: float = setting(
        512 / 1500,
        'How far crops reach into each other, as a share of the shorter side of the image; halved '
        'in each layer.',
        low=0.0,
        high=0.95,
    )
    crop_n_points_downscale_factor: int = setting(
        1, 'By what points_per_side is divided in each layer.', low=1, high=16
    )
    min_mask_region_area: int = setting(
        0,
        'Pixels below which holes in masks are filled, and islands beside them removed.',
        low=0,
        high=1 << 26,
    )
    max_masks: int = setting(256, 'Masks that are returned; the best ones.', low=1, high=65535)

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)
