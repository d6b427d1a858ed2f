"""An open, self-hosted server for the Fiddler v3 Events API."""
