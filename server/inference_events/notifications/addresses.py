"""Which network addresses messages may be sent to: the guard against requests to the server's own network.

A host is resolved once, and the connection goes to one of the addresses that were checked. Otherwise a name could have
another address by the time of the connection.
"""

import socket
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

Address: TypeAlias = IPv4Address | IPv6Address

MAX_URL = 2048
_PORTS = {"http": 80, "https": 443}
# Addresses at which clouds give their machines credentials. No setting opens them.
_METADATA = frozenset(
    map(ip_address, ("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"))
)
_IPV4_IN_LAST_BITS = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))
# Not public, although some versions of Python take parts of them for that.
_SPECIAL = tuple(map(ip_network, ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "fec0::/10")))
_resolver = ThreadPoolExecutor(4, thread_name_prefix="notification-names")


class AddressRefused(Exception):
    """A receiver's address is not allowed. The message does not show the URL."""


class Unresolved(Exception):
    """A receiver's host has no address, or the lookup took too long."""


def split_url(url: str) -> SplitResult:
    """Return the parts of a receiver's URL. Raises ValueError, which does not show it."""
    if len(url) > MAX_URL:
        raise ValueError(f"must have at most {MAX_URL} characters")
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise ValueError("must have only printable ASCII characters and no spaces")
    try:
        parts = urlsplit(url)
        is_complete = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_complete = False
    if not is_complete:
        raise ValueError("must be a URL such as https://HOST/PATH")
    if "@" in parts.netloc or "\\" in url:
        raise ValueError("must have no user name, no password and no backslash")
    return parts


def port_of(parts: SplitResult) -> int:
    """Return the port of a URL, which its scheme implies if it has none."""
    return parts.port or _PORTS[parts.scheme]


def allowed_addresses(host: str, port: int, *, allow_private: bool, seconds: float) -> list[str]:
    """Return the addresses of a host, all of which are allowed. Raises AddressRefused and Unresolved."""
    found = _resolve(host, port, seconds)
    for address in found:
        if not is_allowed(ip_address(address.partition("%")[0]), allow_private=allow_private):
            raise AddressRefused("the receiver's address is not public; see the setting allow_private_receivers")
    return found


def is_allowed(address: Address, *, allow_private: bool = False) -> bool:
    """Return whether messages may go to an address: a public one, or a private one if these are allowed."""
    address = _without_envelope(address)
    if address in _METADATA or address.is_multicast or address.is_unspecified:
        return False
    if allow_private:
        return True
    is_special = any(address in network for network in _SPECIAL)
    return address.is_global and not address.is_reserved and not is_special


def _without_envelope(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, if any: mapped, NAT64, 6to4 or compatible."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
    if inner:
        return inner
    is_nat64 = any(address in network for network in _IPV4_IN_LAST_BITS)
    # ::1 and :: are addresses of their own.
    return IPv4Address(int(address) & 0xFFFFFFFF) if is_nat64 and int(address) > 1 else address


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    looking: Future[list[str]] = _resolver.submit(_look_up, host, port)
    try:
        return looking.result(seconds)
    except Late:
        looking.cancel()
        raise Unresolved("the lookup of the receiver's name took too long") from None
    except (OSError, UnicodeError):
        raise Unresolved("the receiver's name has no address") from None


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
