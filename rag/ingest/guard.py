"""Connections to public addresses only: what a page, a redirect or a name server says cannot lead into a private net.

In: a host name, resolved once. Out: a connection to the very address that was checked, ended at a deadline.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from rag.errors import SourceError

_CONNECT_S = 10.0
_REFUSED = tuple(
    ipaddress.ip_network(net)
    for net in (
        "192.0.0.0/24",  # special uses, Oracle's metadata among them; older Pythons take a part of it for global
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's inner services, though the address is a public one
        "2001::/23",  # Teredo and other special uses
        "2002::/16",  # 6to4: any IPv4 address may be inside
        "64:ff9b:1::/48",  # NAT64 of a local net
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public net, with any IPv4 address inside an IPv6 one looked at."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _GLOBAL_V6:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in _REFUSED if net.version == ip.version)


def resolve(host: str, port: int, permitted: frozenset[str]) -> str:
    """An address of the host; a SourceError unless every address that it has is public or expressly permitted."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceError(f"The host '{host}' was not found.", "Check the address and the connection.") from error
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if address not in permitted and not is_public(address):
            raise SourceError(f"The host '{host}' is not on the public internet.", "Save the page and add the file.")
    if not addresses:
        raise SourceError(f"The host '{host}' has no address.", "Check the address.")
    return addresses[0]


class GuardedBackend(httpcore.NetworkBackend):
    """Connects httpcore to checked addresses; the name stays that of the request, for Host and TLS alike."""

    def __init__(self, deadline: float, permitted: frozenset[str] = frozenset()) -> None:
        self._inner = httpcore.SyncBackend()
        self._deadline = deadline  # of time.monotonic()
        self._permitted = permitted

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the address that was checked just now."""
        address = resolve(host, port, self._permitted)
        stream = self._inner.connect_tcp(address, port, min(_CONNECT_S, left(self._deadline)), None, socket_options)
        return _TimedStream(stream, self._deadline)


class _TimedStream(httpcore.NetworkStream):
    """A connection whose reads and writes all end at the deadline, however slowly the bytes drip."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, left(self._deadline))
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def left(deadline: float) -> float:
    """Seconds until the deadline; a SourceError when it is over."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise SourceError("The page took too long to come.", "Try again later.")
    return seconds
