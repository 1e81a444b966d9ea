"""TensorRT 10, TensorRT 11 and TensorRT-RTX: where they differ, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
import ctypes
from dataclasses import dataclass, field
import functools
import importlib
from pathlib import Path
from typing import Any, Final

from .engine_options import EngineOptions
from .trt_log import LibraryLog
from ..errors import BackendUnavailable, ConfigError

_MODULES: Final = {'tensorrt': 'tensorrt', 'tensorrt-rtx': 'tensorrt_rtx'}
_INSTALL: Final = {
    'tensorrt': 'pip install tensorrt (on a Jetson: sudo apt install python3-libnvinfer)',
    'tensorrt-rtx': 'pip install tensorrt-rtx-cu13',
}


@dataclass(frozen=True, eq=False)
class TrtLibrary:
    """An imported library with its one logger."""

    name: str
    module: Any
    version: str
    log: LibraryLog = field(repr=False)

    @property
    def rtx(self) -> bool:
        """Say whether engines are compiled at last on the GPU that runs them."""
        return self.name == 'tensorrt-rtx'

    @property
    def may_be_weakly_typed(self) -> bool:
        """Say whether the library takes networks that leave it the choice of types: 10 does."""
        return not self.rtx and int(self.version.partition('.')[0]) < 11

    @property
    def targets(self) -> dict[str, Any]:
        """Return the library's value for each compute capability that it can be told."""
        named = getattr(self.module, 'ComputeCapability', None)
        members = named.__members__.items() if named is not None else ()
        return {f'{n[2:-1]}.{n[-1]}': value for n, value in members if n.startswith('SM')}

    def create_network(self, builder: Any, options: EngineOptions) -> Any:
        """Return an empty network in which the model's types hold, in each of the libraries."""
        flags = getattr(self.module, 'NetworkDefinitionCreationFlag', None)
        if not self.may_be_weakly_typed:
            return builder.create_network(0)
        weak = self.weakly_typed(options)
        return builder.create_network(0 if weak else 1 << int(flags.STRONGLY_TYPED))  # type: ignore[union-attr]

    def weakly_typed(self, options: EngineOptions) -> bool:
        """Say whether TensorRT 10 has to choose types, as DLA and calibrated int8 want it."""
        wanted = options.dla_core >= 0 or options.int8_calibration_cache is not None
        return wanted and self.may_be_weakly_typed

    def configure(self, builder: Any, config: Any, options: EngineOptions) -> list[Any]:
        """Say to the library what the options mean; return what has to live as long as config."""
        trt = self.module
        flag = trt.BuilderFlag
        if options.precision != 'as_is':
            # The library's default lets float32 products be rounded.
            (config.set_flag if options.precision == 'tf32' else config.clear_flag)(flag.TF32)
        if options.version_compatible:
            config.set_flag(flag.VERSION_COMPATIBLE)
        if options.workspace_bytes:
            config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, options.workspace_bytes)
        if options.dla_core >= 0:
            self._use_dla(builder, config, options)
        if options.hardware_compatible:
            self._every_gpu(config)
        if options.compute_capabilities:
            self._set_targets(config, options.compute_capabilities)
        if options.timing_cache is not None:
            self._set_timing_cache(config, options.timing_cache)
        if options.int8_calibration_cache is None:
            return []
        return [self._calibrate(config, options.int8_calibration_cache)]

    def load_plugins(self, libraries: Sequence[Path]) -> None:
        """Load the libraries of custom operators; each registers itself."""
        for path in libraries:
            try:
                ctypes.CDLL(str(path.resolve()), mode=ctypes.RTLD_GLOBAL)
            except OSError as error:
                raise ConfigError(
                    f'plugin library {str(path)!r} cannot be loaded: {error}; build it for '
                    f'{self.name} {self.version} and this machine'
                ) from error
        register = getattr(self.module, 'init_libnvinfer_plugins', None)
        if libraries and register is not None:
            register(self.log.handle, '')

    def complaint(self, runtime: Any, plan: bytes) -> str:
        """Return why this library cannot take a plan, empty where it can or cannot say."""
        if not hasattr(runtime, 'get_engine_validity'):
            return ''
        validity, reasons = runtime.get_engine_validity(plan)
        # Without a driver the answer is "invalid" too, for no reason.
        if validity != self.module.EngineValidity.INVALID or not reasons:
            return ''
        known = self.module.EngineInvalidityDiagnostics.__members__.items()
        named = [name for name, bit in known if int(reasons) & int(bit)]
        return ', '.join(named).lower().replace('_', ' ') or f'reason {int(reasons)}'

    def _set_targets(self, config: Any, capabilities: tuple[str, ...]) -> None:
        known = self.targets
        if not known:
            raise ConfigError(
                f'compute_capabilities are {", ".join(capabilities)}, but {self.name} builds for '
                'the GPU that it runs on; leave them out, or build with tensorrt-rtx'
            )
        unknown = [capability for capability in capabilities if capability not in known]
        if unknown:
            raise ConfigError(
                f'{self.name} {self.version} does not build for compute capability '
                f'{", ".join(unknown)}; it builds for {", ".join(known)}'
            )
        config.num_compute_capabilities = len(capabilities)
        for index, capability in enumerate(capabilities):
            config.set_compute_capability(known[capability], index)

    def _use_dla(self, builder: Any, config: Any, options: EngineOptions) -> None:
        trt = self.module
        cores = int(getattr(builder, 'num_DLA_cores', 0))
        if options.dla_core >= cores:
            raise ConfigError(
                f'dla_core is {options.dla_core}; {self.name} {self.version} finds {cores} DLA '
                'cores on this machine. Set dla_core to -1 to use the GPU'
            )
        config.default_device_type = trt.DeviceType.DLA
        config.DLA_core = options.dla_core
        config.set_flag(trt.BuilderFlag.GPU_FALLBACK)
        if self.may_be_weakly_typed:
            config.set_flag(trt.BuilderFlag.FP16)

    def _every_gpu(self, config: Any) -> None:
        if self.rtx:
            raise ConfigError(
                'hardware_compatible is for tensorrt; name compute_capabilities for tensorrt-rtx'
            )
        config.hardware_compatibility_level = self.module.HardwareCompatibilityLevel.AMPERE_PLUS

    def _set_timing_cache(self, config: Any, path: Path) -> None:
        if self.rtx:
            raise ConfigError('timing_cache is for tensorrt; tensorrt-rtx times nothing')
        known = path.read_bytes() if path.is_file() else b''
        config.set_timing_cache(config.create_timing_cache(known), ignore_mismatch=False)

    def _calibrate(self, config: Any, path: Path) -> Any:
        if not self.may_be_weakly_typed:
            raise ConfigError(
                f'int8_calibration_cache is for TensorRT 10; {self.name} {self.version} takes '
                'int8 only from a model with QuantizeLinear nodes: export the model with them'
            )
        content = path.read_bytes()

        class Calibrator(self.module.IInt8EntropyCalibrator2):  # type: ignore[misc,name-defined]
            """Knows the ranges, and has no images to measure others."""

            def get_batch_size(self) -> int:
                return 1

            def get_batch(self, names: Any) -> None:
                return None

            def read_calibration_cache(self) -> bytes:
                return content

            def write_calibration_cache(self, cache: Any) -> None:
                return None

        calibrator = Calibrator()
        config.set_flag(self.module.BuilderFlag.INT8)
        config.set_flag(self.module.BuilderFlag.FP16)
        config.int8_calibrator = calibrator
        return calibrator


@functools.cache
def open_library(name: str) -> TrtLibrary:
    """Import `tensorrt` or `tensorrt-rtx`, once."""
    if name not in _MODULES:
        raise ConfigError(f'library is {name!r}; it must be one of {", ".join(_MODULES)}')
    try:
        module = importlib.import_module(_MODULES[name])
    except (ImportError, OSError) as error:
        why = '' if isinstance(error, ModuleNotFoundError) else f' ({error})'
        raise BackendUnavailable(
            f'{name} is not installed{why}; type: {_INSTALL[name]}'
        ) from error
    return TrtLibrary(name, module, str(module.__version__), LibraryLog(module))
