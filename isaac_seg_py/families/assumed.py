"""What is assumed of a network's input where nobody says how its images are prepared."""

from __future__ import annotations

from collections.abc import Container
import logging
from typing import Any, Final

from ..catalog.manifest import Manifest
from ..config import EncodeConfig

_LOG: Final = logging.getLogger(__name__)


def assumed_settings(
    manifest: Manifest, config: EncodeConfig, chosen: Container[str] = ()
) -> dict[str, Any]:
    """
    Return the settings of the encoder that neither a manifest nor the user says.

    Only those that no tensor shows. A manifest that leaves them out means the defaults.
    """
    if manifest.path is not None or manifest.encode:
        return {}
    found: dict[str, Any] = {}
    if not config.net_scale_factor and config.tensor_dtype != 'uint8':
        found |= {'image_mean': config.image_mean, 'image_stddev': config.image_stddev}
    if config.color_order != 'gray':
        found['color_order'] = config.color_order
    if 'enable_padding' not in chosen:
        found['fit'] = config.placement
    return {name: value for name, value in found.items() if name not in chosen}


def tell_assumed(manifest: Manifest, config: EncodeConfig, chosen: Container[str] = ()) -> None:
    """Warn of what is assumed."""
    assumed = assumed_settings(manifest, config, chosen)
    if assumed:
        _LOG.warning(
            '%s does not say how its images are prepared; assumed: %s. If that is wrong, its '
            'masks are: say it in %s.yaml beside it (see models/README.md)',
            manifest.file.name,
            ', '.join(f'{name}={in_plain(value)}' for name, value in assumed.items()),
            manifest.file.stem,
        )


def in_plain(value: Any) -> str:
    """Return a setting as YAML has it: `[0.5, 0.5, 0.5]`."""
    return str(list(value)) if isinstance(value, tuple) else str(value)
