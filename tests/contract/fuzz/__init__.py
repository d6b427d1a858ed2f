"""Random requests against a running server, by the contract."""

from pathlib import Path

TOKEN = "admin-token-of-the-fuzz"
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
CONTRACT = Path(__file__).resolve().parents[3] / "openapi.yaml"
