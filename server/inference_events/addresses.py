"""The server's public address, and the proxies before it."""

from ipaddress import ip_network
from urllib.parse import urlsplit


def check_public_url(url: str | None) -> str | None:
    """Return the URL without a slash at its end, if any. Raises ValueError, which does not show it."""
    if url is None:
        return None
    parts = urlsplit(url)
    is_root = parts.path in ("", "/") and not (parts.query or parts.fragment)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or not is_root:
        raise ValueError("must be https://HOST or http://HOST, perhaps with a port: the server has no path prefix")
    return f"{parts.scheme}://{parts.netloc}"


def check_proxies(proxies: str | None) -> str | None:
    """Return a list of addresses and networks with commas between them, if any. Raises ValueError."""
    if proxies is None:
        return None
    try:
        return ",".join(str(ip_network(proxy.strip())) for proxy in proxies.split(","))
    except ValueError:
        raise ValueError("must be IP addresses or networks, such as 10.0.0.5,10.1.0.0/16") from None
