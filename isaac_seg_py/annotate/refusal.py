"""An answer that says no, with the code that HTTP has for the reason."""

from __future__ import annotations

from ..errors import InputError


class Refusal(InputError):
    """A request is not answered; the sentence is shown on the page."""

    def __init__(self, status: int, text: str) -> None:
        """Take the code of HTTP and a sentence."""
        super().__init__(text)
        self.status = status
