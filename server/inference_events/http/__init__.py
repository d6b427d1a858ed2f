"""The HTTP side of the server: what the contract demands of every request and answer."""

from inference_events.http.auth import Authenticator, TokenIdentity
from inference_events.http.dispatch import RetryGate
from inference_events.http.server import create_http_app

__all__ = ["Authenticator", "RetryGate", "TokenIdentity", "create_http_app"]
