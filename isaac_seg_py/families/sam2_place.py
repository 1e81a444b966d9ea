"""Choose where what Segment Anything 2 remembers lies: on the host, or on the networks' device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import logging
from typing import Final

from .sam2_contract import PARTS, Sam2Contract
from .sam2_work import Work
from ..errors import BackendError, BackendUnavailable, ConfigError
from ..infer import Backend
from ..tensors import TensorSpec
from ..track_config import TrackConfig

_LOG: Final = logging.getLogger(__name__)
_TYPES: Final = ('float32', 'float16')
# What one network gives and others take.
_PASSED_ON: Final = ('vision_features', 'image_embed')


def open_work(
    networks: Mapping[str, Backend], config: TrackConfig, contract: Sam2Contract, device: int = 0
) -> Work:
    """
    Return how the networks run with `config.memory_place`; `device` is the GPU's number.

    With `auto` the memory is on the device where the networks take arrays from there.
    """
    if config.memory_place == 'host':
        return Work()
    reason = why_on_host(networks)
    if reason and config.memory_place == 'device':
        raise ConfigError(
            f'memory cannot be on the device: {reason}. Set memory_place to auto or host'
        )
    if reason:
        return Work()
    from .sam2_device_store import Lane
    from .sam2_device_work import DeviceWork
    from ..cuda import open_device

    try:
        opened = open_device(device)
    except BackendUnavailable as error:
        if config.memory_place == 'device':
            raise
        _LOG.warning('what is remembered of objects stays on the host: %s', error)
        return Work()
    try:
        taken = {spec.name: spec.dtype.name for spec in networks['memory_attention'].inputs}
        dtypes = taken['memory'], taken['obj_ptrs']
        must = config.memory_place == 'device'
        return DeviceWork(Lane(opened, contract.most), dtypes, must=must)
    except BackendError:
        opened.close()
        raise


def why_on_host(networks: Mapping[str, Backend]) -> str:
    """Say why the networks cannot share the memory of a device; empty where they can."""
    for part in PARTS[1:]:
        if not networks[part].takes_device_arrays:
            return f'the {networks[part].name} backend takes no arrays of a device'
    for spec in networks['memory_attention'].inputs:
        if spec.name in ('memory', 'obj_ptrs') and spec.dtype.name not in _TYPES:
            return f'memory_attention takes {spec}; {" and ".join(_TYPES)} can be made there'
    for spec in networks['memory_encoder'].outputs:
        if spec.name == 'maskmem_features' and spec.dtype.name not in _TYPES:
            return f'memory_encoder gives {spec}; {" and ".join(_TYPES)} can be read there'
    given = {spec.name: spec for spec in networks[PARTS[0]].outputs}
    for part, spec in _passed_on(networks):
        first = given.setdefault(spec.name, spec)
        if spec.dtype != first.dtype:
            return f'{part} has {spec}, and another part {first}; they are of different types'
    return ''


def _passed_on(networks: Mapping[str, Backend]) -> Iterator[tuple[str, TensorSpec]]:
    """Yield what goes from the image encoder and the attention to other parts."""
    features = {spec.name for spec in networks[PARTS[0]].outputs} | set(_PASSED_ON)
    for part in PARTS[1:]:
        for spec in networks[part].inputs:
            if spec.name in features:
                yield part, spec
    for spec in networks['memory_attention'].outputs:
        if spec.name in features:
            yield 'memory_attention', spec
