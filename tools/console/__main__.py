"""Build the console, check the committed build with --check, or serve the sources with --dev."""

import argparse
import sys

from tools.console import BuildFailed, build, differences, serve


def main() -> str | None:
    """Run the command line. Return why it failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.console", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed build, and change nothing")
    parser.add_argument("--dev", action="store_true", help="serve the sources, and reload them when they change")
    arguments = parser.parse_args()
    try:
        if arguments.dev:
            serve()
            return None
        if not arguments.check:
            build()
            return None
        changed = differences()
    except BuildFailed as error:
        return str(error)
    return f"The console is stale, run make console: {', '.join(changed)}" if changed else None


if __name__ == "__main__":
    sys.exit(main())
