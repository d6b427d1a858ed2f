"""Build the console, or check with --check that the committed build is what its sources make."""

import argparse
import sys

from tools.console import BuildFailed, build, differences


def main() -> str | None:
    """Run the command line. Return why it failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.console", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed build, and change nothing")
    arguments = parser.parse_args()
    try:
        if not arguments.check:
            build()
            return None
        changed = differences()
    except BuildFailed as error:
        return str(error)
    return f"The console is stale, run make console: {', '.join(changed)}" if changed else None


if __name__ == "__main__":
    sys.exit(main())
