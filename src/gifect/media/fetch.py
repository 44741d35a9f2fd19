"""Clips from URLs: http and https only, public addresses only, within limits of size and time.

Every host, that of each redirect too, is resolved once, its addresses are checked, and the connection goes to the
address that was checked, so a name that resolves differently the second time gains nothing. Proxies are not used.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from urllib.parse import SplitResult, urljoin, urlsplit

from gifect.errors import ClipError
from gifect.media.limits import Limits

__all__ = ["fetch_url", "is_public"]

MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
CHUNK_BYTES = 1 << 16
NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def fetch_url(url: str, limits: Limits) -> bytes:
    """Return what a URL sends.

    Parameters
    ----------
    url : str
        http or https.
    limits : Limits
        `url_bytes`, `url_seconds` and `allow_private` hold.

    Raises
    ------
    ClipError
        If it is refused, fails, or passes a limit.
    """
    deadline = time.monotonic() + limits.url_seconds
    here = url
    try:
        for _ in range(MAX_REDIRECTS + 1):
            answer = _request(_checked(here), deadline, limits)
            if isinstance(answer, bytes):
                return answer
            here = urljoin(here, answer)
    except (OSError, http.client.HTTPException) as error:
        if time.monotonic() >= deadline:
            raise ClipError(f"{url}: not there within {limits.url_seconds:g} s (Limits.url_seconds)") from error
        raise ClipError(f"{url}: {error or type(error).__name__}") from error
    raise ClipError(f"{url}: more than {MAX_REDIRECTS} redirects")


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ClipError(f"{url}: not a URL: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise ClipError(f"{url}: only http and https URLs are opened, not {parts.scheme or 'one without a scheme'}")
    if not parts.hostname or port == 0:
        raise ClipError(f"{url}: the URL names no host")
    if parts.username is not None:
        raise ClipError(f"{parts.scheme}://{parts.hostname}: URLs with a user name are not opened")
    return parts


def _request(parts: SplitResult, deadline: float, limits: Limits) -> bytes | str:
    """Return the body, or the address of a redirect."""
    host, secure = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = _resolve(host, port, deadline, limits)
    connection = http.client.HTTPConnection(host, port)
    with _connected(address, port, host if secure else None, deadline) as link:
        connection.sock = link
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        headers = {"User-Agent": "gifect", "Accept": "image/*,video/*,*/*;q=0.5", "Accept-Encoding": "identity"}
        connection.request(
            "GET", _ascii(target), headers=headers | {"Host": _ascii(parts.netloc), "Connection": "close"}
        )
        response = connection.getresponse()
        if response.status in REDIRECTS and response.headers["Location"]:
            return str(response.headers["Location"])
        if response.status != http.client.OK:
            raise ClipError(f"{parts.geturl()}: the server answers {response.status} {response.reason}")
        return _body(response, parts.geturl(), deadline, limits)


def _body(response: http.client.HTTPResponse, url: str, deadline: float, limits: Limits) -> bytes:
    limits.check("url_bytes", response.length or 0, f"{url}: the size in bytes")
    body = bytearray()
    while chunk := response.read1(CHUNK_BYTES):
        body += chunk
        limits.check("url_bytes", len(body), f"{url}: the size in bytes")
        if time.monotonic() > deadline:
            raise TimeoutError
    if time.monotonic() > deadline:  # the socket was shut, which looks like the end of the data
        raise TimeoutError
    if response.length:
        raise ClipError(f"{url}: the connection ended {response.length:,} bytes early")
    return bytes(body)


@contextlib.contextmanager
def _connected(address: Address, port: int, secure_host: str | None, deadline: float) -> Iterator[socket.socket]:
    """Connect to an address; the socket is shut down at the deadline, however slowly the other side drips."""
    link = socket.create_connection((str(address), port), timeout=_left(deadline))
    timer = threading.Timer(_left(deadline), _shut, (link,))
    timer.daemon = True
    timer.start()
    try:
        if secure_host is not None:
            link = ssl.create_default_context().wrap_socket(link, server_hostname=secure_host)
        yield link
    finally:
        timer.cancel()
        link.close()


def _shut(link: socket.socket) -> None:
    with contextlib.suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _resolve(host: str, port: int, deadline: float, limits: Limits) -> Address:
    """Return the first address of a host; every one of them must be public."""
    results: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            results.put([str(entry[4][0]) for entry in found])
        except (OSError, UnicodeError) as error:
            results.put(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        found = results.get(timeout=_left(deadline))
    except queue.Empty as error:
        raise TimeoutError from error
    if isinstance(found, Exception):
        raise ClipError(f"the host {host} is not known: {found}") from found
    addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in found]
    for address in addresses:
        if not limits.allow_private and not is_public(address):
            raise ClipError(
                f"{host} leads to {address}, which is not a public address; pass Limits(allow_private=True) to allow it"
            )
    return addresses[0]


def is_public(address: Address) -> bool:
    """Whether an IP address is on the open internet, and so is the IPv4 address that it may carry inside."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        low = int(address) & 0xFFFFFFFF
        if address in NAT64 or int(address) >> 32 == 0:
            carried.append(ipaddress.IPv4Address(low))
        inner = [part for part in carried if part is not None]
        if inner:
            return all(is_public(part) for part in inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _ascii(text: str) -> str:
    """Return a part of a URL with what is not ASCII, and blanks, percent-encoded."""
    return "".join(char if "!" <= char <= "~" else "".join(f"%{byte:02X}" for byte in char.encode()) for char in text)
