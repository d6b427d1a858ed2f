"""Give unused memory back to the system.

After a large file or request the allocators keep hundreds of MiB for the next one. Arrow has an allocator of its own;
Python, DuckDB's catalog and the rest use that of the C library, which gives nothing back from between what is used.
"""

import ctypes

import pyarrow as pa

# Less would fetch the same pages again and again under load.
RELEASE_SECONDS = 10.0

_c_library = ctypes.CDLL(None)


def release_memory() -> None:
    """Give free memory back to the system. Other threads run meanwhile, also if it takes some tenths of a second."""
    pa.default_memory_pool().release_unused()
    # Only glibc has it, and only glibc needs it.
    if hasattr(_c_library, "malloc_trim"):
        _c_library.malloc_trim(0)
