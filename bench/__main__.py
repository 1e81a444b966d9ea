"""`make bench`: every measurement there is."""

from __future__ import annotations

from . import folder, hop

if __name__ == '__main__':
    hop.main()
    folder.main()
