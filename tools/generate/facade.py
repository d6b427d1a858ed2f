"""The hand-written part of the Python client: its asynchronous modules, and synchronous ones made of them."""

import re
import shutil
from pathlib import Path

SOURCES = Path(__file__).parent / "client-facade"
ASYNC, SYNC = "async_", "sync_"
# Names and keywords of asynchronous code, and their replacements in synchronous code.
REPLACEMENTS = {
    r"\basync (?=def|with|for)": "",
    r"\bawait ": "",
    r"\bAsync(?=[A-Z])": "",
    r"\bset_async_httpx_client\b": "set_httpx_client",
    r"\.asyncio\b": ".sync",
    r"\basyncio\.sleep\b": "time.sleep",
    r"\bimport asyncio\b": "import time",
    r"\b__a(?=enter__|exit__)": "__",
    r"\ba(?=close\b|read\b)": "",
    rf"(?<=from \.){ASYNC}": SYNC,
}


def write_facade(package: Path) -> None:
    """Add the hand-written modules to the generated package, each asynchronous one with its synchronous twin.

    They call operations of our contract. The client of another document stays as it is.
    """
    if not (package / "api/events/publish_events.py").exists():
        return
    shutil.copytree(SOURCES, package, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for module in package.glob(f"facade/{ASYNC}*.py"):
        twin = module.with_name(module.name.replace(ASYNC, SYNC, 1))
        twin.write_text(synchronous(module.read_text()))


def synchronous(code: str) -> str:
    """Return synchronous code that does the same as asynchronous code."""
    for pattern, replacement in REPLACEMENTS.items():
        code = re.sub(pattern, replacement, code)
    return code
