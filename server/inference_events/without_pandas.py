"""Keep pandas out of a process of the server, even if it is installed.

The first use of many functions of Arrow and DuckDB imports pandas if there is one. The server needs nothing of it, and
it takes some 60 MiB: much in a process whose memory is limited, where the import may fail in the middle of a file.
"""

import sys
from importlib.machinery import ModuleSpec


class _NoPandas:
    """An import hook that finds everything but pandas."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name == "pandas":
            raise ModuleNotFoundError("the server does without pandas", name=name)
        return None


def forbid_pandas() -> None:
    """Let every import of pandas fail as if it were not installed, for as long as this process runs."""
    if _NoPandas not in sys.meta_path:
        sys.meta_path.insert(0, _NoPandas)
