"""`python -m isaac_seg_py` is the command `isaac-seg`."""

from .cli.main import main

if __name__ == '__main__':
    raise SystemExit(main())
