"""The parent's side of the decoding child: borrow one, ask, give back; kill it when it takes too long.

A decoder that crashes, eats memory or hangs on a hostile file takes a child with it and nothing else; the next request
gets a new one. Children are started when the first compressed frame comes (half a second), as many as threads ask at a
time, and end with the process.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.dicom.wire import read_message, write_message
from medgraft.errors import ReaderError

__all__ = ["MEMORY", "Children", "seconds_for"]

MEMORY = 2 << 30
"""Bytes of address space that a child may take (2 GiB)."""

_BASE_SECONDS, _PIXELS_A_SECOND = 4.0, 4e6
_DAMAGED = "its compressed pixels are damaged or of a kind that cannot be decoded here"


def seconds_for(pixels: int) -> float:
    """How long decoding one frame of so many pixels may take: several times what slow codecs need."""
    return _BASE_SECONDS + pixels / _PIXELS_A_SECOND


class Children:
    """Decoding children; safe to use from several threads."""

    def __init__(self, memory: int = MEMORY) -> None:
        self._memory = memory
        self._idle: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        atexit.register(self.close)

    def frame(self, path: Path, version: tuple[int, int], frame: int, pixels: int) -> NDArray[Any]:
        """Samples of one frame of a compressed file, decoded within the limits; else a ``ReaderError``."""
        child = self._borrow()
        limit = seconds_for(pixels)
        late = threading.Event()

        def stop() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(limit, stop)
        timer.start()
        try:
            samples = _asked(child, {"path": str(path), "version": list(version), "frame": frame})
        except (BrokenPipeError, EOFError) as error:
            _end(child)
            what = f"decoding took more than {limit:.0f} s" if late.is_set() else "its decoder crashed"
            raise ReaderError(f"{_DAMAGED} ({what}); store them uncompressed") from error
        finally:
            timer.cancel()
        with self._lock:
            self._idle.append(child)
        if isinstance(samples, ReaderError):
            raise samples
        return samples

    def close(self) -> None:
        """End all idle children."""
        with self._lock:
            children, self._idle = self._idle, []
        for child in children:
            _end(child)

    def _borrow(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return subprocess.Popen(
            [sys.executable, "-m", "medgraft.data.imaging.dicom.worker", str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)},
        )


def _asked(child: subprocess.Popen[bytes], request: dict[str, Any]) -> NDArray[Any] | ReaderError:
    """The answer; ``EOFError`` or ``BrokenPipeError`` where the child is gone."""
    if child.stdin is None or child.stdout is None:
        raise EOFError
    source, sink = cast("BinaryIO", child.stdout), cast("BinaryIO", child.stdin)
    write_message(sink, request)
    header = read_message(source)
    if header is None:
        raise EOFError
    if "shape" not in header:
        told = header.get("reason") or f"{_DAMAGED} ({header.get('kind')}); store them uncompressed"
        return ReaderError(str(told))
    dtype, shape = np.dtype(header["dtype"]), tuple(header["shape"])
    wanted = dtype.itemsize * int(np.prod(shape))
    body = child.stdout.read(wanted)
    if len(body) < wanted:
        raise EOFError
    return np.frombuffer(body, dtype=dtype).reshape(shape)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill and reap; close the pipes."""
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue
