"""The HTTP side of the server: what the contract demands of every request and answer."""

from inference_events.http.adapter import RetryGate
from inference_events.http.auth import Authenticator, TokenIdentity
from inference_events.http.limits import Limits, Pace
from inference_events.http.server import create_http_app

__all__ = ["Authenticator", "Limits", "Pace", "RetryGate", "TokenIdentity", "create_http_app"]
