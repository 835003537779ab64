"""The one exception at the boundary: whatever a decoder or its library raises becomes a ``ReaderError``.

Its message holds neither path nor file content, because it may be written to ``audit.json``; whoever shows it to the
user names the file.
"""

from __future__ import annotations

from medgraft.errors import ReaderError

__all__ = ["as_reader_error"]


def as_reader_error(error: Exception) -> ReaderError:
    """The one exception type at the boundary, without path or content."""
    if isinstance(error, ReaderError):
        return error
    if isinstance(error, FileNotFoundError):
        return ReaderError("there is no such file; correct the path")
    if isinstance(error, OSError) and error.strerror:
        return ReaderError(f"the file cannot be opened ({error.strerror}); check its permissions and its disk")
    if isinstance(error, MemoryError):
        return ReaderError("there is not enough memory to decode it; make it smaller")
    return ReaderError(
        f"it is damaged, cut off, or of a kind that is not supported ({type(error).__name__} while "
        "decoding); copy it again from its source, or save it as PNG"
    )
