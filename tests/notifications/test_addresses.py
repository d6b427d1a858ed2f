"""Messages go to public addresses only, however an address is written."""

from ipaddress import ip_address

import pytest

from inference_events.notifications.addresses import (
    AddressRefused,
    Unresolved,
    allowed_addresses,
    is_allowed,
    split_url,
)

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
PRIVATE = [
    "127.0.0.1",
    "127.255.0.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.1.1",
    "192.0.0.8",
    "198.18.0.1",
    "240.0.0.1",
    "::1",
    "fe80::1",
    "fd00::1",
    "fec0::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::1",
    "2002:a00:1::",
    "2001:db8::1",
]
NEVER = [
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    """A public address is allowed, also inside an IPv6 address that stands for it."""
    assert is_allowed(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_need_the_setting(address: str) -> None:
    """Private, loopback, link-local and reserved addresses are refused in each notation, without the setting."""
    assert not is_allowed(ip_address(address))
    assert is_allowed(ip_address(address), allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_no_setting_opens_the_addresses_of_metadata(address: str) -> None:
    """Where clouds hand out credentials, and addresses that are no host's, are always refused."""
    assert not is_allowed(ip_address(address))
    assert not is_allowed(ip_address(address), allow_private=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "127.1", "0177.0.0.1", "::1"])
def test_each_spelling_of_a_host_is_resolved_first(host: str) -> None:
    """What counts is the address of a host, not its text."""
    with pytest.raises(AddressRefused):
        allowed_addresses(host, 80, allow_private=False, seconds=10)


def test_one_private_address_of_many_refuses_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with a public and a private address is refused: the connection may choose either."""
    found = [(0, 0, 0, "", (address, 80)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    with pytest.raises(AddressRefused):
        allowed_addresses("mixed.example", 80, allow_private=False, seconds=10)
    assert allowed_addresses("mixed.example", 80, allow_private=True, seconds=10) == ["8.8.8.8", "10.0.0.1"]


def test_a_name_without_an_address_is_reported() -> None:
    """The failure may pass, so it is not that of a refused address."""
    with pytest.raises(Unresolved):
        allowed_addresses("nothing.invalid", 80, allow_private=True, seconds=10)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "https://",
        "https:///path",
        "example.com/path",
        "https://user:secret@example.com/",
        "https://example.com\\@internal/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://bücher.example/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://[::1/",
        f"https://example.com/{'x' * 2048}",
    ],
)
def test_urls_that_are_no_receivers_are_refused(url: str) -> None:
    """The refusal does not show the URL."""
    with pytest.raises(ValueError, match="must") as refusal:
        split_url(url)
    assert "example" not in str(refusal.value)
