"""Generate code from openapi.yaml: models, types, operation signatures and the clients."""
