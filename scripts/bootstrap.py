"""
Make the environment of this repository when it is missing or stale, then run a command in it.

Usage: ``scripts/with_env [command ...]``. The variable WITH names further lists of packages, such
as ``reference`` for ``requirements/reference.txt``. Only the standard library is used here.
"""

from __future__ import annotations

import os
import sys

import console
from console import SetupError
import editable
import environment
import interface_build
import layout
import stamps
import wheels


def set_up() -> layout.Layout:
    """Bring every part of the environment up to date; quick when nothing changed."""
    place = layout.find()
    with stamps.locked(place):
        wheels.ensure(place)
        for name in os.environ.get('WITH', '').split():
            wheels.ensure_more(place, name)
        interface_build.ensure(place)
        environment.ensure(place)
        editable.ensure(place)
    return place


def run(place: layout.Layout, command: list[str]) -> int:
    """Replace this process by the command."""
    variables = environment.variables(place)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execvpe(command[0], command, variables)
    except FileNotFoundError:
        raise SetupError(
            f'there is no command {command[0]!r} in {place.venv.name} or on PATH'
        ) from None
    except PermissionError:
        raise SetupError(f'{command[0]!r} is not an executable file') from None


def main(command: list[str]) -> int:
    """Set up, run, and turn every expected failure into two lines."""
    try:
        place = set_up()
        if command:
            return run(place, command)
        console.say(f'ready: {place.describe()}')
    except SetupError as error:
        console.say(f'stopped: {error}')
        return 2
    except OSError as error:
        console.say(f'stopped: {error}')
        console.say('  when nothing explains it, type: make clean')
        return 2
    except KeyboardInterrupt:
        console.say('interrupted; the same command goes on from here')
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
