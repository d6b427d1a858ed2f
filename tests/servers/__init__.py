"""Servers that the cluster needs, started by the tests: PostgreSQL and an S3-compatible store."""
