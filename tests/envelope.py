"""The one check of error bodies, which every test of a failure goes through."""

from collections.abc import Mapping
from typing import Any


def assert_error_envelope(body: Any, code: int) -> Mapping[str, Any]:
    """Check that `body` is exactly the error envelope of `code`. Returns its `error`."""
    assert isinstance(body, dict)
    assert body.keys() == {"api_version", "kind", "error"}
    assert (body["api_version"], body["kind"]) == ("3.0", "ERROR")
    error = body["error"]
    assert error.keys() == {"code", "message", "errors"}
    assert error["code"] == code
    assert isinstance(error["message"], str)
    assert error["message"]
    assert error["errors"]
    for entry in error["errors"]:
        assert entry.keys() == {"reason", "message", "help"}
        assert all(isinstance(text, str) for text in entry.values())
        assert entry["reason"]
        assert entry["message"]
    return dict(error)
