"""The command `ganzoo`: what has to be set before a heavy import, the fast way to what only lists, errors in a line."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from ganzoo.errors import GanzooError, RequestError

# How long a thread of torch looks for more work before it sleeps: some 20 microseconds (GNU's OpenMP). Those that never
# look wait to be woken after every operation, those that look for long ruin each other. Measured in docs/bench.md.
WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000"}
QUIET = 1  # the exit status where whoever reads us has gone
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give back its exit status."""
    _set_environment()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a terminal may lack a letter
    debug = False
    try:
        words, debug, skipped = split_global(sys.argv[1:] if arguments is None else arguments)
        if skipped:
            before = os.environ.get("GANZOO_SKIP_PLUGINS", "")
            os.environ["GANZOO_SKIP_PLUGINS"] = ",".join(filter(None, [before, *skipped]))
        status = _dispatch(words)
        sys.stdout.flush()  # here, where a reader that has gone is no traceback
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return QUIET
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if debug:
            import traceback

            traceback.print_exc()
        return _report(error)
    return status


def _set_environment() -> None:
    """Set what has to be set before anything heavy is imported; whatever a user has set is kept."""
    if not WAITING.keys() & os.environ.keys():  # either one decides by itself
        os.environ.update(WAITING)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # else a machine without network waits for most of a minute


def split_global(arguments: Sequence[str]) -> tuple[list[str], bool, list[str]]:
    """Take out what may stand anywhere: ``--debug`` and ``-p no:NAME``. Gives the rest, debug, and the names."""
    rest: list[str] = []
    debug, skipped = False, []
    words = iter(arguments)
    for word in words:
        if word == "--":
            return [*rest, word, *words], debug, skipped
        if word == "--debug":
            debug = True
        elif word == "-p":
            named = next(words, "")
            if not named.startswith("no:"):
                raise RequestError(
                    f"-p takes no:NAME, to switch off the plugin NAME, not '{named}'. See ganzoo plugins."
                )
            skipped.append(named.removeprefix("no:"))
        elif word.startswith("-pno:"):
            skipped.append(word.removeprefix("-pno:"))
        else:
            rest.append(word)
    return rest, debug, skipped


def _dispatch(words: list[str]) -> int:
    if words == ["--version"]:
        from ganzoo.zoo.distributions import own_version

        print(f"ganzoo {own_version()}")
        return 0
    if words in ([], ["-h"], ["--help"]):
        from ganzoo.cli.front import page
        from ganzoo.cli.table import screen_width

        print(page(screen_width()))
    elif (asked := plain(words, ["list"], {"--kind": "kind"}, "pattern")) is not None:
        from ganzoo.cli.catalogue import print_catalogue

        print_catalogue(**asked)
    elif (asked := plain(words, ["runs", "list"], {"--runs": "folder"})) is not None:
        from pathlib import Path

        from ganzoo.cli.roster import print_roster

        print_roster(**{**asked, "folder": Path(asked.get("folder", "runs"))})
    else:
        from ganzoo.cli.app import run

        return run(words)
    return 0


def plain(
    words: Sequence[str], command: Sequence[str], options: Mapping[str, str], argument: str = ""
) -> dict[str, str | bool] | None:
    """What a line says that is simple enough to read by hand, sparing it typer; None where it is not.

    Args:
        words: the line.
        command: what it has to begin with.
        options: that take a value, as typed, and as they are called in the result. --json is read anyway.
        argument: what a word that is no option is called; without, there may be none.
    """
    if list(words[: len(command)]) != [*command]:
        return None
    asked: dict[str, str | bool] = {}
    rest = iter(words[len(command) :])
    for word in rest:
        name, equals, value = word.partition("=")
        if word == "--json":
            asked["as_json"] = True
        elif name in options:
            value = value if equals else next(rest, "")
            if not value or value.startswith("-"):
                return None
            asked[options[name]] = value
        elif word.startswith("-") or not argument or argument in asked:
            return None
        else:
            asked[argument] = word
    return asked


def _report(error: Exception) -> int:
    """Write what went wrong in a line or two, and give its exit status."""
    if isinstance(error, GanzooError):
        wrong = "" if error.exit_status == INTERRUPTED else "error: "  # to be stopped is no error
        if str(error):  # else another process has said it
            print(f"{wrong}{error}", file=sys.stderr)
        return error.exit_status
    text = " ".join(str(error).split())
    print(f"error: {type(error).__name__}{f': {text}' if text else ''}", file=sys.stderr)
    print("This should not have happened. With --debug the same command shows where it did.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
