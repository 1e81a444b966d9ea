"""What is known of an engine, for people."""

from __future__ import annotations

from typing import Any


def show_engine(facts: dict[str, Any]) -> None:
    """Print what is known of an engine."""
    print(f'engine    {facts["engine"]} ({facts["bytes"] / 1e6:.2f} MB)')
    print(f'library   {facts["library"]} {facts["version"]}, built in {facts["build_seconds"]} s')
    targets = ', '.join(facts['compute_capabilities'])
    named = targets and f'compute capability {targets}'
    print(f'for       {facts["gpu"] or named or "the GPUs that the library builds for"}')
    for side in ('inputs', 'outputs'):
        for tensor in facts[side]:
            dims = ', '.join('?' if dim < 0 else str(dim) for dim in tensor['shape'])
            print(f'{side[:-1]:<9} {tensor["name"]} {tensor["dtype"].lower()} [{dims}]')
    for name, shapes in facts['profiles'].items():
        print(f'shapes    {name} {" : ".join("x".join(map(str, shape)) for shape in shapes)}')
    layers = ', '.join(f'{count} {kind.lower()}' for kind, count in facts['layers'].items())
    print(f'precision {facts["precision"]}; layers by what they write: {layers}')
    memory = facts['memory']
    told = ', '.join(f'{k.removesuffix("_bytes")} {v / 1e6:.1f} MB' for k, v in memory.items())
    print(f'memory    {told or "not said"} (as the library said when it built)')
