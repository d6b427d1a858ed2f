"""The variables that a process gets which reads files."""

import os
import sys
from pathlib import Path

# What an interpreter needs to start like this one. All else stays here: it may be secret.
INTERPRETER = frozenset(
    {"PATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TZDIR", "TMPDIR"}
)
PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"})
# Credentials and endpoints of S3, Google Cloud Storage and Azure.
BUCKET_PREFIXES = ("AWS_", "GOOGLE_", "AZURE_", "IDENTITY_", "MSI_", "SSL_CERT_")


def reader_environment(reads_bucket: bool) -> dict[str, str]:
    """Return the variables, with what it takes to read from a bucket if `reads_bucket`."""
    names, prefixes = (INTERPRETER | PROXIES, BUCKET_PREFIXES) if reads_bucket else (INTERPRETER, ())
    environment = {name: value for name, value in os.environ.items() if name in names or name.startswith(prefixes)}
    # Without what is relative, as -P is: a working directory may be another's.
    environment["PYTHONPATH"] = os.pathsep.join(place for place in sys.path if Path(place).is_absolute())
    return environment
