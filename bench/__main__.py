"""`make bench`: every measurement there is."""

from __future__ import annotations

from .hop import main

if __name__ == '__main__':
    main()
