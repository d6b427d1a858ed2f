"""No text blocks the interpreter: every pattern takes time in proportion to the length of any text."""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import inference_events
from inference_events.events.ingest.list_text import MAX_PYTHON_LIST, TypeMismatch, text_list
from inference_events.events.ingest.time_formats import MAX_CHARACTERS, time_format
from inference_events.events.ingest.timestamps import parse_timestamp
from inference_events.models.factory.columns import is_shortened

# Python has no public way to read a pattern.
parser: Any = importlib.import_module("re._parser")
node_kinds: Any = importlib.import_module("re._constants")

REPEATS = (node_kinds.MAX_REPEAT, node_kinds.MIN_REPEAT, node_kinds.POSSESSIVE_REPEAT)
# Half a character stands for all beyond ASCII: it is the only kind that a pattern names.
CHARACTERS = [*map(chr, range(1, 127)), "\ud800"]
LENGTH = 40_000
# A linear pattern takes a few milliseconds for such a text, a quadratic one half a minute.
MAX_SECONDS = 0.5
# How a pattern is used, if not in every way.
USES = {
    "inference_events.http.decoding._CLOSING": ["match"],
    "inference_events.monitoring.fql.tokens._TOKEN": ["match"],
}
FORMATS = ["%Y-%m-%d %H:%M:%S.%f", "%A%B%d%j%I%p%z%Z", "%H%M%S%f%j%d%m%y", "%d   %b   %Y"]
# Patterns that are made while the server runs: of the paths of the contract, and of the formats of models.
MADE_IN_FUNCTIONS = {("http/contract.py", "fullmatch"), ("events/ingest/time_formats.py", "compile")}


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(inference_events.__path__, "inference_events."):
        if ".migrations" not in found.name and not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def patterns() -> dict[str, re.Pattern[Any]]:
    """Return every pattern that a module of the server holds, by its name."""
    known: dict[str, re.Pattern[Any]] = {}
    for module in modules():
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                known[f"{module.__name__}.{name}"] = value
    return known


def sample(tree: Any) -> str:
    """Return a text that a part of a pattern matches."""
    return "".join(_sample(kind, value) for kind, value in tree)


def _sample(kind: Any, value: Any) -> str:
    if kind is node_kinds.LITERAL:
        return str(chr(value))
    if kind is node_kinds.NOT_LITERAL:
        return "\x01" if chr(value) != "\x01" else "\x02"
    if kind is node_kinds.ANY:
        return "x"
    if kind is node_kinds.IN:
        return next(one for one in CHARACTERS if re.fullmatch(_class(value), one))
    if kind in REPEATS:
        return sample(value[2]) * int(max(value[0], 1))
    if kind is node_kinds.SUBPATTERN:
        return sample(value[-1])
    if kind is node_kinds.BRANCH:
        return sample(value[1][0])
    return ""


def _class(items: Any) -> str:
    categories = {
        node_kinds.CATEGORY_DIGIT: r"\d",
        node_kinds.CATEGORY_SPACE: r"\s",
        node_kinds.CATEGORY_NOT_SPACE: r"\S",
        node_kinds.CATEGORY_NOT_DIGIT: r"\D",
        node_kinds.CATEGORY_WORD: r"\w",
        node_kinds.CATEGORY_NOT_WORD: r"\W",
    }
    written: list[str] = []
    for kind, value in items:
        if kind is node_kinds.NEGATE:
            written.insert(0, "^")
        elif kind is node_kinds.RANGE:
            written.append(f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}")
        elif kind is node_kinds.CATEGORY:
            written.append(categories[value])
        else:
            written.append(re.escape(chr(value)))
    return f"[{''.join(written)}]"


def repeated(tree: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield for each part of a pattern that may repeat a text that leads to it, and one that it matches."""
    for kind, value in tree:
        if kind in REPEATS:
            yield before, sample(value[2])
            yield from repeated(value[2], before)
        elif kind is node_kinds.SUBPATTERN:
            yield from repeated(value[-1], before)
        elif kind is node_kinds.BRANCH:
            for branch in value[1]:
                yield from repeated(branch, before)
        before += _sample(kind, value)


def hostile_texts(pattern: re.Pattern[Any]) -> Iterator[str]:
    """Yield texts that make a pattern start again and again: repetitions of its parts after its possible beginnings."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    tree = parser.parse(source, pattern.flags & ~re.UNICODE & ~re.ASCII)
    pumps = {("", one) for one in "0 a.,:[]{}\"'-+%\n"} | {("", sample(tree) or "x")} | set(repeated(tree))
    words = {sample([node]) for node in tree} - {""}
    pumps |= {("", f"{one}{other}") for one in words for other in words}
    for before, body in pumps:
        if body:
            for end in ("", "\x00", "!", ")"):
                yield before + body * (LENGTH // len(body)) + end


@pytest.mark.parametrize("name", patterns())
def test_every_pattern_is_linear(name: str) -> None:
    """A hostile text of 40,000 characters is read by each pattern of the server at once."""
    pattern = patterns()[name]
    for text in hostile_texts(pattern):
        content: Any = text.encode("latin-1") if isinstance(pattern.pattern, bytes) else text
        for use in USES.get(name, ["fullmatch", "match", "search"]):
            started = time.process_time()
            getattr(pattern, use)(content)
            assert time.process_time() - started < MAX_SECONDS, (name, use, text[:40], text[-5:])


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_of_times_is_fast(format: str) -> None:
    """Digits that match many directives take no longer than others: a time has up to 128 characters."""
    known = time_format(format)
    assert known.faults == ()
    assert known._pattern is not None
    for text in hostile_texts(known._pattern):
        started = time.process_time()
        for bounded in (text, text[:MAX_CHARACTERS], text[:20], text[:20] + "x"):
            with suppress(ValueError):
                known.parse(bounded)
        assert time.process_time() - started < MAX_SECONDS


def test_every_pattern_is_at_the_top_of_its_module() -> None:
    """Patterns stand at the top of their modules."""
    root = Path(inference_events.__file__).parent
    made = set()
    for path in root.rglob("*.py"):
        functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
        calls = [node for function in functions for node in ast.walk(function) if isinstance(node, ast.Call)]
        for call in calls:
            if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "re":
                made.add((str(path.relative_to(root)), call.func.attr))
    assert {(file, what) for file, what in made if what != "escape"} == MADE_IN_FUNCTIONS


def test_times_are_bounded_before_any_pattern_sees_them() -> None:
    """A time of 40,000 digits and a letter, which took half a minute, is no time at once; also with a format."""
    for text in ("0" * LENGTH + "x", "2024-05-01 " * LENGTH, " " * LENGTH + "1"):
        started = time.process_time()
        for format in (None, time_format("%Y-%m-%d"), time_format("%c")):
            with pytest.raises(ValueError, match=r"time|format"):
                parse_timestamp(text, format)
        assert time.process_time() - started < MAX_SECONDS


LISTS = ["(" + "1," * 4_000_000 + ")", "[" * 1_000_000, "[np.int8(" * 500_000, "[" + "-" * 1_000_000]


@pytest.mark.parametrize("text", LISTS, ids=len)
def test_a_long_text_is_not_read_as_a_list_of_python(text: str) -> None:
    """Python's own parser takes a kilobyte for each number, so it reads short texts only; JSON has no such bound."""
    assert len(text) > MAX_PYTHON_LIST
    started = time.process_time()
    with pytest.raises(TypeMismatch):
        text_list(text)
    assert time.process_time() - started < MAX_SECONDS
    assert len(text_list("[" + "1," * 500_000 + "1]")) == 500_001


def test_a_shortened_list_is_known_at_once() -> None:
    """NumPy omits the middle of a long array."""
    assert is_shortened("[1. 2. ... 3. 4.]")
    assert not is_shortened("[1, 2, ... 3]")
    assert not is_shortened("[" + " ... " * LENGTH + ")")
