"""The contract of every decoder: bytes of one file in, one ``Image`` out, and nothing else.

A decoder recognises its files by their first bytes, never by their name. It may raise anything: the
``ImageReader`` turns every failure into a ``ReaderError``. Messages hold no path and no text out of the file,
because the reason of a quarantined case is written outside ``private/``; who shows them adds the path.
It is called from several threads at once. It checks the size that the header declares, with
``Encoded.check_size``, before it allocates a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from medgraft.data.imaging.image import Image
from medgraft.errors import ReaderError

__all__ = ["Decoder", "Encoded", "member_index"]


@dataclass(frozen=True, slots=True)
class Encoded:
    """One file that is about to be decoded. ``data`` are its bytes, empty for an archive.

    ``version`` changes whenever the file does (modification time in ns, size in bytes). ``max_pixels`` is the
    most that one picture may have, rows times columns.
    """

    path: Path
    data: bytes
    version: tuple[int, int]
    max_pixels: int

    def check_size(self, height: int, width: int) -> None:
        """Refuse an empty picture, and one larger than the budget, before memory is taken for it."""
        if height <= 0 or width <= 0:
            raise ReaderError(f"its header declares {height} × {width} pixels; at least 1 × 1 is needed")
        if height * width > self.max_pixels:
            raise ReaderError(
                f"its header declares {height} × {width} pixels, more than the "
                f"{self.max_pixels / 1e6:g} million that are allowed; "
                "make it smaller, or allow more pixels if you trust it"
            )


class Decoder(Protocol):
    """One family of file formats."""

    whole: bool
    """Whether ``decode`` needs the bytes of the whole file (true), or opens the path itself (an archive)."""

    def matches(self, head: bytes) -> bool:
        """Whether a file that starts with ``head`` (at most 256 bytes) is of this family."""
        ...

    def members(self, encoded: Encoded) -> list[str]:
        """The names of the pictures in it: ``[""]`` if there is just one."""
        ...

    def decode(self, encoded: Encoded, member: str) -> Image:
        """The picture called ``member``, with the exact stored values and every step that was applied."""
        ...


def member_index(member: str, count: int) -> int:
    """Index of the picture ``member`` among ``count`` in one file; "" stands for the only one."""
    if member == "" and count == 1:
        return 0
    if member == "":
        raise ReaderError(f"it holds {count} pictures, and none was named; name one of 0…{count - 1}")
    if not (member.isascii() and member.isdigit() and int(member) < count) or count == 1:
        raise ReaderError(f"it holds {count} picture(s), and there is no member {member[:40]!r} among them")
    return int(member)
