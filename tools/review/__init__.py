"""Tools that review openapi.yaml: what a change breaks, and whether its examples hold."""
