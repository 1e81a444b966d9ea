"""The settings of what brings masks and depth together."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import ConfigError
from .settings import check_settings, setting


@dataclass(frozen=True)
class SpatialConfig:
    """Which pixels count, and how what they show is summed up."""

    depth_unit: float = setting(
        0.001, 'Metres that 1 stands for in a 16UC1 depth image.', low=1e-6, high=1000.0
    )
    min_depth: float = setting(
        0.0, 'Metres that a pixel must at least be away to count.', low=0.0, high=1e6, live=True
    )
    max_depth: float = setting(
        100.0, 'Metres that a pixel may at most be away to count.', low=0.0, high=1e6, live=True
    )
    step: int = setting(
        2, 'Every so manieth pixel of a row, and of a column, is used.', low=1, high=64, live=True
    )
    min_points: int = setting(
        20, 'Points that an object must have to be told.', low=1, high=1_000_000, live=True
    )
    outlier_distance: float = setting(
        3.5,
        "Points whose depth is farther from the object's median than so many standard deviations "
        '(estimated by the median deviation) do not count. 0: all do.',
        low=0.0,
        high=1000.0,
        live=True,
    )
    trim: float = setting(
        0.02,
        'Share of the points that may stick out of an extent, on each side of each axis.',
        low=0.0,
        high=0.45,
        live=True,
    )
    ignored_labels: tuple[int, ...] = setting(
        (0,),
        'Pixel values of the mask that are no object. The highest of its type never is one.',
        low=0,
        high=65535,
        live=True,
    )
    whole_cloud: bool = setting(
        False, 'Points of ignored labels are in the point cloud too.', live=True
    )

    def __post_init__(self) -> None:
        """Check types and limits, and that there is a depth that counts."""
        check_settings(self)
        if not self.min_depth < self.max_depth:
            raise ConfigError(
                f'min_depth is {self.min_depth} and max_depth {self.max_depth}; '
                'the first must be the smaller one'
            )
