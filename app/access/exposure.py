"""Refuses to be open to strangers by accident."""

from ipaddress import ip_address, ip_network
from typing import Final

from app.errors import StartError
from app.settings import Settings

CHOICE: Final = (
    "Set DATELINE_AUTH=keys (and make keys with `dateline keys create`), or DATELINE_AUTH=gateway behind a gateway that "
    "knows its users. To let everybody who reaches it send, read and delete, say so twice: DATELINE_AUTH=none and "
    "DATELINE_OPEN_TO_STRANGERS=true."
)


def is_loopback(address: str) -> bool:
    """Say whether only this machine reaches an address."""
    found = ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return bool(found.is_loopback or (mapped is not None and mapped.is_loopback))


def check_exposure(settings: Settings, address: str) -> None:
    """Refuse to serve on an address (the one that was really bound) for everybody, unless told twice; raises StartError."""
    if settings.auth == "gateway":
        check_gateway(settings, address)
    if settings.auth in {"keys", "gateway"} or is_loopback(address):
        return
    if settings.auth is None or not settings.open_to_strangers:
        raise StartError(f"Nobody would be asked for a key on {address}, which other machines reach. {CHOICE}")


def check_gateway(settings: Settings, address: str) -> None:
    """Refuse to believe everybody's word on who he is; raises StartError."""
    trusted = [one.strip() for one in settings.forwarded_allow_ips.split(",")]
    if not is_loopback(address) and any(is_everybody(one) for one in trusted):
        message = (
            "DATELINE_FORWARDED_ALLOW_IPS lets every client say who it is. "
            "With DATELINE_AUTH=gateway name the gateway's own addresses there."
        )
        raise StartError(message)


def is_everybody(trusted: str) -> bool:
    """Say whether a trusted proxy's address or network is every address."""
    if "/" not in trusted:
        return trusted == "*"
    try:
        return ip_network(trusted, strict=False).prefixlen == 0
    except ValueError:
        return False
