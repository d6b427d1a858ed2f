"""Idempotency: a repeated request gets the first response, and takes effect only once."""
