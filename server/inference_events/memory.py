"""Give unused memory back to the system.

After a large file or request the allocators keep hundreds of MiB for the next one. Arrow's own allocators keep memory
for each thread that used them, and another thread cannot return it. So Arrow uses the allocator of the C library here,
as Python and DuckDB's catalog do. It returns memory between blocks in use only when it is told to.
"""

import ctypes

import pyarrow as pa

# With less, pages would be returned and fetched repeatedly under load.
RELEASE_SECONDS = 10.0

_c_library = ctypes.CDLL(None)


def share_allocator() -> None:
    """Let Arrow allocate with the C library from now on, so that `release_memory` reaches its memory."""
    pa.set_memory_pool(pa.system_memory_pool())


def release_memory() -> None:
    """Give free memory back to the system. It may take some tenths of a second, but other threads run meanwhile."""
    # Only glibc has it, and only glibc needs it.
    if hasattr(_c_library, "malloc_trim"):
        _c_library.malloc_trim(0)
