"""Requests to addresses that people named: only the public internet is ever connected to.

A name is resolved once, every answer is checked, and the connection goes to the checked address
itself; so a name that answers differently the second time gains nothing. No redirect is followed,
no proxy is used, no body is read.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from django.conf import settings

PORTS = {80, 443, 8443}
SECONDS = 10.0
"""For connecting, sending and the answer's head together."""
LONGEST = 500

REFUSED_NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # carriers' own, and one cloud's metadata
        "168.63.129.16/32",  # a cloud's metadata under a public address
        "192.0.0.0/24",  # protocol assignments, and one cloud's metadata
        "192.88.99.0/24",  # relays of 6to4
        "64:ff9b::/96",  # IPv4 behind a translator
        "64:ff9b:1::/48",
        "2001::/32",  # Teredo: IPv4 inside
        "2002::/16",  # 6to4: IPv4 inside
    )
]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(ValueError):
    """An address that is not to be connected to, in a sentence."""


class Target(NamedTuple):
    """An address taken apart."""

    scheme: str
    host: str
    port: int
    path: str


def check_form(url: str) -> Target:
    """What can be said of an address without asking DNS; `Refused` when it will not do."""
    if len(url) > LONGEST or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise Refused(f"An address has at most {LONGEST} characters and no blanks in it.")
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80}.get(parts.scheme, 443)
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:
        raise Refused("This is not an address a message can be sent to.") from None
    schemes = ("https", "http") if settings.DEBUG else ("https",)
    if parts.scheme not in schemes:
        found = parts.scheme or "nothing"
        raise Refused(f"It begins with {found}; {' or '.join(schemes)}:// was wanted.")
    if not host or parts.username is not None or parts.password is not None:
        raise Refused("It has to name a host, and no user or password.")
    if port not in PORTS:
        wanted = ", ".join(map(str, sorted(PORTS)))
        raise Refused(f"Port {port} is not used; one of {wanted} was wanted.")
    _check_literal(host)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, quote(path, safe="/?&=%:;,@!$'()*+~-._[]"))


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a body; answers the HTTP status. `Refused` for an address that is not public, `OSError`
    or `http.client.HTTPException` when it could not be sent."""
    target = check_form(url)
    address = resolve(target.host, target.port)
    connection = _connection(target, address)
    deadline = threading.Timer(SECONDS, _hang_up, [connection])
    deadline.daemon = True
    deadline.start()
    try:
        connection.request("POST", target.path, body, dict(headers))
        status = connection.getresponse().status
        if connection.cut:  # what came before the end may look like an answer
            raise TimeoutError
        return status
    finally:
        deadline.cancel()
        connection.close()


def resolve(host: str, port: int) -> str:
    """The address to connect to, when every address of the name is public."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused(f"The name {host} is not known.") from None
    found = [ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    if not found or not all(is_public(address) for address in found):
        raise Refused(f"{host} is not an address of the public internet.")
    return str(found[0])


def is_public(address: Address) -> bool:
    """Whether an address can belong to a stranger: not to this machine, its network or its cloud.

    What carries an IPv4 address inside counts as that one, or is refused.
    """
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return is_public(mapped)
    refused = (
        not address.is_global
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or getattr(address, "is_site_local", False)
    )
    return not refused and not any(address in network for network in REFUSED_NETWORKS)


def _check_literal(host: str) -> None:
    """Numbers in any spelling that the system takes for an address, and names of this place."""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        raise Refused(f"{host} is not an address of the public internet.")
    address: Address
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            address = ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return
    if not is_public(address):
        raise Refused(f"{host} is not an address of the public internet.")


def _connection(target: Target, address: str) -> _Http:
    """To the checked address; the name is used for the certificate and the Host header only."""
    if target.scheme == "https":
        return _Https(target, address)
    return _Http(target, address)


class _Http(http.client.HTTPConnection):
    def __init__(self, target: Target, address: str) -> None:
        super().__init__(target.host, target.port, timeout=SECONDS)
        self.address = address
        self.cut = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)


class _Https(_Http):
    default_port = 443

    def connect(self) -> None:
        super().connect()
        # The handshake comes second, so that the deadline can end it.
        self.sock = ssl.create_default_context().wrap_socket(
            self.sock, server_hostname=self.host, do_handshake_on_connect=False
        )
        self.sock.do_handshake()


def _hang_up(connection: _Http) -> None:
    """End a conversation that drags on: each single wait may be short and their sum endless."""
    connection.cut = True
    if connection.sock is not None:
        with suppress(OSError):
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
