"""Runs pip inside the virtual environment, and says in plain words why it failed."""

from __future__ import annotations

import os
from pathlib import Path

from console import CommandFailed, run_logged, SetupError
from layout import Layout, PYTHON_VERSION

_NO_NETWORK = (
    'Failed to establish a new connection',
    'Temporary failure in name resolution',
    'Name or service not known',
    'Network is unreachable',
    'Read timed out',
    'ConnectTimeout',
    'ProxyError',
    'SSLError',
)
_NO_WHEEL = 'No matching distribution found for'


def pip_install(place: Layout, log_name: str, *arguments: str | Path, alone: bool = True) -> None:
    """Install what the arguments name; alone: and nothing else, the lists are complete."""
    command: list[str | Path] = [
        *(place.python, '-m', 'pip', 'install', '--no-input'),
        *(('--no-deps',) if alone else ()),
        *('--disable-pip-version-check', '--root-user-action=ignore'),
        *arguments,
    ]
    log = place.logs / f'{log_name}.log'
    try:
        run_logged(command, log, env=plain_environment(), cwd=place.root)
    except CommandFailed as error:
        raise _explained(error, log_name) from None


def _explained(error: CommandFailed, step: str) -> SetupError:
    """Turn the usual failures of pip into what a person can do about them."""
    if any(sign in error.text for sign in _NO_NETWORK):
        return SetupError(
            f'the step {step!r} has no network: pip cannot reach its package index '
            f'(log: {error.log})\n  check the connection and the proxy settings, then type the '
            'command again'
        )
    if _NO_WHEEL in error.text:
        package = error.text.split(_NO_WHEEL)[1].splitlines()[0].strip()
        return SetupError(
            f'the step {step!r} finds no {package} for Python {PYTHON_VERSION} on '
            f'{os.uname().machine}, or cannot reach the package index (log: {error.log})\n'
            '  check the network, or type: PYTHON=python3.12 make test   to use another Python'
        )
    return error


def plain_environment() -> dict[str, str]:
    """Return the variables of this shell without those that make and virtual environments add."""
    hidden = {'MAKEFLAGS', 'MAKELEVEL', 'MFLAGS', 'PIP_REQUIRE_VIRTUALENV', 'PYTHONHOME'}
    return {name: value for name, value in os.environ.items() if name not in hidden}
