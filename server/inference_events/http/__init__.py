"""The HTTP side of the server: the contract's rules for every request and response."""

from inference_events.http.auth import Authenticator
from inference_events.http.dispatch import RetryGate
from inference_events.http.server import create_http_app
from inference_events.http.session_cookie import TokenIdentity

__all__ = ["Authenticator", "RetryGate", "TokenIdentity", "create_http_app"]
