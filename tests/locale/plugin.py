"""A pytest plugin for `make test-locale`: run the tests as on a machine in New York whose user reads Turkish.

Python uses only the encoding and the letters of the user's locale. The plugin activates all of it, as a library may, to
find C code that prints or parses numbers and times by locale.
"""

import locale
import time
from ctypes import CDLL

import pytest


def pytest_configure() -> None:
    """Activate the locale of the process. Raises UsageError if it or the time zone is not the expected one."""
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error as error:
        raise pytest.UsageError(f"{error}: make test-locale needs the GNU C library and its localedef") from error
    active = {
        "time zone": time.tzname == ("EST", "EDT"),
        "names of days": time.strftime("%A", time.gmtime(0)) == "Perşembe",
        "decimal comma": locale.localeconv()["decimal_point"] == ",",
        "letters": CDLL(None).strcasecmp(b"I", b"i") != 0 == CDLL(None).strcasecmp(b"K", b"k"),
    }
    if missing := [name for name, is_active in active.items() if not is_active]:
        raise pytest.UsageError(f"make test-locale sets these, but they are not active: {', '.join(missing)}")
