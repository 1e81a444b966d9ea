"""From a model to a plan that runs here: out of the cache where it is, built where it is not."""

from __future__ import annotations

from dataclasses import replace
import logging
from pathlib import Path
import threading
from typing import Any, Final

from .engine_cache import Built, CachedPlan, EngineCache
from .engine_options import EngineOptions
from .onnx_files import model_digest
from .plan_file import PlanFile
from .trt_build import build_engine
from .trt_library import TrtLibrary
from .trt_progress import OnProgress
from ..errors import BackendUnavailable

_LOG: Final = logging.getLogger(__name__)


def find_or_build(
    model: Path,
    options: EngineOptions,
    library: TrtLibrary,
    *,
    gpu: str = '',
    plan: Path | None = None,
    cache: EngineCache | None = None,
    rebuild: bool = False,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> CachedPlan:
    """
    Return the plan of an ONNX model.

    `gpu` names the GPU that the plan is for, where the library builds for one alone. `plan` is a
    file of the user's choice instead of one in the cache: one that this package wrote is checked
    and built again when it is stale; one from elsewhere is taken as it is.
    """
    model = model.absolute()
    if plan is not None and plan.is_file() and not rebuild:
        file = PlanFile(plan)
        if not file.facts():
            _LOG.warning(
                'plan %s was not built by isaac-seg: whether it was made from %s is not known',
                plan, model.name,
            )  # fmt: skip
            return CachedPlan(file.read(), file, {}, False)
    key: dict[str, Any] = {
        'model': model_digest(model),
        'library': library.name,
        'version': library.version,
        'gpu': gpu,
        'options': options.key(),
    }
    store = cache or EngineCache(plan.absolute().parent if plan is not None else None)
    file = PlanFile(plan.absolute()) if plan is not None else store.file_for(model, key)

    def build() -> Built:
        _LOG.info('building %s with %s %s', file.path.name, library.name, library.version)
        built = build_engine(model, options, library, on_progress=on_progress, cancel=cancel)
        facts = {
            'model': model.name,
            'library': library.name,
            'version': library.version,
            'gpu': gpu,
            'precision': options.precision,
            'compute_capabilities': list(options.compute_capabilities),
            'profiles': key['options']['profiles'],
            **built.facts,
        }
        _LOG.info('built %s in %.1f s', file.path.name, built.facts['build_seconds'])
        return built.plan, facts

    def check(content: bytes) -> str:
        return plan_complaint(library, content)

    return store.get(file, key, build, check=check, rebuild=rebuild, cancel=cancel)


def plan_complaint(library: TrtLibrary, plan: bytes) -> str:
    """Return why the library cannot take a plan, as far as it tells by looking at its head."""
    with library.log.listening():
        return library.complaint(library.module.Runtime(library.log.handle), plan)


def for_gpu(
    options: EngineOptions, library: TrtLibrary, name: str, capability: tuple[int, int]
) -> tuple[EngineOptions, str]:
    """
    Return options and name for the GPU that is here, where it makes a difference.

    Raise BackendUnavailable where the library does not run on it.
    """
    if library.rtx:
        if options.compute_capabilities:
            return options, ''
        here = f'{capability[0]}.{capability[1]}'
        if here not in library.targets:
            raise BackendUnavailable(
                f'{library.name} {library.version} does not run on {name}, which has compute '
                f'capability {here}; it knows {", ".join(library.targets)}. Use tensorrt there'
            )
        return replace(options, compute_capabilities=(here,)), ''
    return options, f'{name} {capability[0]}.{capability[1]}'


def facts_of(plan: Path) -> dict[str, Any]:
    """Return what was written down when a plan was built, empty for one from elsewhere."""
    return PlanFile(plan).facts()
