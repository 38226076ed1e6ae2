"""How processes of one machine talk: frames on a socket, big buffers in memory without a name.

An object travels as its pickle; the numbers of its arrays travel beside it, in an anonymous memory
file whose descriptor is handed over. Nothing has a name in a file system, so nothing is left behind
when a process is killed; the reader maps the same pages, read-only.
"""

from __future__ import annotations

import mmap
import os
import pickle
import socket
import struct
import tempfile
from collections.abc import Sequence
from typing import Any, NamedTuple

INLINE = 64 * 1024
"""Bytes of buffers that travel inside the frame: a mapping costs more than copying so few."""
ALIGN = 64
HEADER = struct.Struct("<QI")


class Parcel(NamedTuple):
    """A pickled object and the buffers that were taken out of it, ready to be sent many times."""

    head: bytes
    spans: tuple[tuple[int, int], ...]
    """(start, length) of each buffer in the area."""
    inline: bytes | None
    """The area itself, when it is small."""


def pack(thing: Any) -> tuple[Parcel, int | None]:
    """The parcel of an object and the descriptor of its area; None when it travels inline."""
    buffers: list[memoryview] = []
    head = pickle.dumps(thing, 5, buffer_callback=lambda b: buffers.append(b.raw()))
    spans, end = [], 0
    for buffer in buffers:
        spans.append((end, buffer.nbytes))
        end += -(-buffer.nbytes // ALIGN) * ALIGN
    if end <= INLINE:
        area = bytearray(end)
        for (start, length), buffer in zip(spans, buffers, strict=True):
            area[start : start + length] = buffer
        return Parcel(head, tuple(spans), bytes(area)), None
    return Parcel(head, tuple(spans), None), _written(spans, buffers, end)


def _written(spans: Sequence[tuple[int, int]], buffers: Sequence[memoryview], size: int) -> int:
    descriptor = memory_file()
    os.truncate(descriptor, size)
    for (start, length), buffer in zip(spans, buffers, strict=True):
        done = 0
        while done < length:
            done += os.pwrite(descriptor, buffer[done:], start + done)
    return descriptor


def memory_file() -> int:
    """A file in memory without a name; where there is none of these, one in the temporary folder
    whose name is already gone."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("simulation", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def unpack(parcel: Parcel, descriptor: int | None = None) -> Any:
    """The object again; its arrays are read-only views. The descriptor is not closed."""
    if descriptor is None:
        return restore(parcel, memoryview(parcel.inline or b""))
    size = os.fstat(descriptor).st_size
    return restore(parcel, memoryview(mmap.mmap(descriptor, size, prot=mmap.PROT_READ)))


def restore(parcel: Parcel, area: memoryview) -> Any:
    """The object whose buffers lie in this area."""
    return pickle.loads(  # noqa: S301 - only ever between our own processes
        parcel.head, buffers=[area[start : start + length] for start, length in parcel.spans]
    )


def send(sock: socket.socket, payload: bytes, descriptors: Sequence[int] = ()) -> None:
    """One frame: its length, the descriptors that go with it, its bytes."""
    header = HEADER.pack(len(payload), len(descriptors))
    if descriptors:
        socket.send_fds(sock, [header], list(descriptors))
    else:
        sock.sendall(header)
    sock.sendall(payload)


def receive(sock: socket.socket) -> tuple[bytes, list[int]] | None:
    """The next frame; None when the other side is gone, even in the middle of one."""
    try:
        header, descriptors, _, _ = socket.recv_fds(sock, HEADER.size, 8)
        while 0 < len(header) < HEADER.size:
            more = sock.recv(HEADER.size - len(header))
            if not more:
                return None
            header += more
        if not header:
            return None
        payload = _exactly(sock, HEADER.unpack(header)[0])
    except ConnectionResetError:
        return None
    return None if payload is None else (payload, descriptors)


def _exactly(sock: socket.socket, length: int) -> bytes | None:
    payload = bytearray(length)
    view, done = memoryview(payload), 0
    while done < length:
        count = sock.recv_into(view[done:])
        if not count:
            return None
        done += count
    return bytes(payload)
