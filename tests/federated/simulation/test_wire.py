"""Objects travel whole, their arrays without a copy, and nothing is left behind."""

from __future__ import annotations

import os
import socket
import threading

import numpy as np
import pytest

from federated.simulation import wire


@pytest.mark.parametrize("size", [0, 3, wire.INLINE // 4 + 1])
def test_a_parcel_opens_to_what_was_packed(size: int) -> None:
    thing = {"a": np.arange(size, dtype=np.float32), "b": [np.ones((2, size)), "text"]}
    parcel, descriptor = wire.pack(thing)
    assert (descriptor is None) == (size * 4 + 2 * size * 8 <= wire.INLINE)
    found = wire.unpack(parcel, descriptor)
    if descriptor is not None:
        os.close(descriptor)  # the mapping stays
    assert np.array_equal(found["a"], thing["a"])
    assert np.array_equal(found["b"][0], thing["b"][0])
    assert found["b"][1] == "text"
    assert not size or not found["a"].flags.writeable


def test_an_array_that_occurs_twice_travels_once() -> None:
    big = np.zeros(wire.INLINE)
    parcel, descriptor = wire.pack([big, big])
    assert descriptor is not None
    assert os.fstat(descriptor).st_size == big.nbytes
    first, second = wire.unpack(parcel, descriptor)
    assert first is second
    os.close(descriptor)


def test_a_frame_carries_bytes_and_descriptors() -> None:
    left, right = socket.socketpair()
    payload = os.urandom(3_000_000)  # more than a socket holds
    reading, writing = os.pipe()
    thread = threading.Thread(target=wire.send, args=(left, payload, [reading]))
    thread.start()
    frame = wire.receive(right)
    thread.join()
    assert frame is not None
    found, (descriptor,) = frame
    os.write(writing, b"x")
    assert (found == payload, os.read(descriptor, 1)) == (True, b"x")
    for each in (reading, writing, descriptor):
        os.close(each)
    left.close()
    assert wire.receive(right) is None


def test_a_frame_that_was_cut_off_is_the_end() -> None:
    left, right = socket.socketpair()
    left.sendall(wire.HEADER.pack(100, 0) + b"only this")
    left.close()
    assert wire.receive(right) is None
