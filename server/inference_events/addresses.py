"""The server's public address, and the proxies before it."""

import re
from ipaddress import ip_network

_PUBLIC_URL = re.compile(r"https?://([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?/?", re.ASCII)


def check_public_url(url: str | None) -> str | None:
    """Return the URL without a slash at its end, if any. Raises ValueError, which does not show it."""
    if url is None:
        return None
    if not _PUBLIC_URL.fullmatch(url):
        raise ValueError("must be https://HOST or http://HOST, perhaps with a port: the server has no path prefix")
    return url.removesuffix("/")


def check_proxies(proxies: str | None) -> str | None:
    """Return a list of addresses and networks with commas between them, if any. Raises ValueError."""
    if proxies is None:
        return None
    try:
        return ",".join(str(ip_network(proxy.strip())) for proxy in proxies.split(","))
    except ValueError:
        raise ValueError("must be IP addresses or networks, such as 10.0.0.5,10.1.0.0/16") from None
