"""Tools that review openapi.yaml: find breaking changes, and check its examples."""
