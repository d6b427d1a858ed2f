"""Give unused memory back to the system.

After a large file or request the allocators keep hundreds of MiB for the next one. Arrow has its own allocator. Python,
DuckDB's catalog and the rest use the allocator of the C library, which returns no memory between blocks in use.
"""

import ctypes

import pyarrow as pa

# With less, pages would be returned and fetched repeatedly under load.
RELEASE_SECONDS = 10.0

_c_library = ctypes.CDLL(None)


def release_memory() -> None:
    """Give free memory back to the system. It may take some tenths of a second, but other threads run meanwhile."""
    pa.default_memory_pool().release_unused()
    # Only glibc has it, and only glibc needs it.
    if hasattr(_c_library, "malloc_trim"):
        _c_library.malloc_trim(0)
