"""What every command shares: errors as one line with the right exit code, clean stops, quiet and lazy loading."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NoReturn

import click

from .early_end import INTERRUPTED, Asked, Terminated, code_when_stopped
from .errors import EdgeDigitsError, one_line
from .printable import printable
from .standard_output import (
    came_from_stdout,
    discard,
    escape_what_has_no_code,
    going_on_unheard,
    open_closed_streams,
)
from .version import VERSION

FLUSHING_S = 0.3
SAYING_S = 0.05
SAME_S = 2.0  # a SIGTERM so soon after another signal is the same wish, as one sent to a whole group of processes
MAY_HANG = ("camera", "sink", "mqtt", "http")  # how the names of threads that wait for the world begin


class NamedPath(click.Path):
    """A path that has a name: an empty one, of an empty variable of a shell, would be the current folder.

    Whether something is there and readable is for the command to say, in one line and with the right exit code.
    """

    def __init__(self, **kinds: bool) -> None:
        super().__init__(readable=False, path_type=Path, **kinds)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if value == "":
            self.fail("expected a name, found an empty one; check the variable it came from", param, ctx)
        return super().convert(value, param, ctx)


FILE = NamedPath()
FOLDER = NamedPath(file_okay=False)
_EXPECTED = (EdgeDigitsError, OSError, ImportError, MemoryError, KeyboardInterrupt, Terminated)
# What brings a package, where its name is another than the module's.
_PACKAGES = {"cv2": "opencv-python-headless", "PIL": "pillow", "sklearn": "scikit-learn", "paho": "paho-mqtt"}


class Command(click.Command):
    """A command with --quiet and --debug whose errors become one line on stderr and the right exit code.

    It goes on where the reader of standard output has gone (`| head`): files, and the exit code of a gate, are results.
    """

    goes_on_unheard = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        quiet = click.Option(["--quiet", "-q"], is_flag=True, expose_value=False, help="No progress, no notes.")
        quiet.callback = _remember("quiet")
        debug = click.Option(["--debug"], is_flag=True, expose_value=False, help="Show the traceback of an error.")
        debug.callback = _remember("debug")
        self.params += [quiet, debug]

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and translate what ends it."""
        try:
            with going_on_unheard() if self.goes_on_unheard else nullcontext():
                return super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except BaseException as error:
            if ctx.meta.get("edge_digits.debug"):
                import traceback

                traceback.print_exc()
            if isinstance(error, BrokenPipeError):
                discard(sys.stdout)
                ctx.exit(0)
            if not isinstance(error, _EXPECTED):
                raise
            ctx.exit(report_end(error))


class StreamingCommand(Command):
    """A command that writes as long as anybody reads, and ends when the reader of standard output has gone."""

    goes_on_unheard = False


class LazyGroup(click.Group):
    """A group that imports a command's module when that command is asked for."""

    def __init__(self, *args: Any, lazy: dict[str, str], **kwargs: Any) -> None:
        """Take `lazy`: command name → "module:attribute"."""
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order they were given, which is the order of use."""
        return [*self._lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the one command asked for."""
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        module, attribute = self._lazy[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


def make_group(name: str, help_text: str, lazy: dict[str, str]) -> LazyGroup:
    """Make a top-level group with --version and --help (-h)."""
    group = LazyGroup(
        name, help=help_text, lazy=lazy, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True
    )
    return click.version_option(VERSION, prog_name=name)(group)


def reporter(*, patient: bool = True) -> Callable[[str], None]:
    """Return what progress lines and notes are given to: `say`, or nothing with --quiet."""
    return (lambda line: None) if is_quiet() else partial(say, patient=patient)


def is_quiet() -> bool:
    """Tell whether the command that runs was given --quiet."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get("edge_digits.quiet"))


def speakers_that_never_wait() -> tuple[Callable[[str], None], Callable[[str], None]]:
    """Return `reporter` and `say` for what runs for months: a log that nobody reads stops neither it nor its end."""
    return reporter(patient=False), partial(say, patient=False)


def say(line: str, *, patient: bool = True) -> None:
    """Write a line to stderr; where that cannot be, as a log on a full disk, the program goes on.

    Args:
        line: what to say.
        patient: wait for a reader who is behind, until something asks the program to end; else the line is lost then.
    """
    with suppress(OSError, ValueError):
        if (patient and Asked.to_end is None) or _stderr_takes_more():
            click.echo(line, err=True)


def _stderr_takes_more() -> bool:
    """Tell whether a line would not block: what waits in a pipe that nobody reads has a limit."""
    import select

    try:
        handle = sys.stderr.fileno()
    except (OSError, ValueError):  # no file, as in a test
        return True
    return bool(select.select([], [handle], [], SAYING_S)[1])


def report_end(error: BaseException) -> int:
    """Say in one line on stderr what ended the program and return its exit code."""
    if isinstance(error, ImportError) and Asked.to_end is not None:
        error = Asked.to_end  # raised inside a C extension that was being imported, which makes an ImportError of it
    if isinstance(error, KeyboardInterrupt):
        say("interrupted")
        return INTERRUPTED
    if isinstance(error, Terminated):
        return code_when_stopped(error.signal)
    if isinstance(error, EdgeDigitsError):
        text, code = str(error), error.exit_code
    elif isinstance(error, ModuleNotFoundError):
        package = (error.name or "a package").split(".")[0]
        text, code = f"{package} is needed and not installed; pip install {_PACKAGES.get(package, package)}", 1
    elif isinstance(error, ImportError):
        # Only the OpenCV with windows wants that library, which a device without a screen lacks.
        cure = "pip uninstall opencv-python, then pip install opencv-python-headless" if "libGL" in str(error) else ""
        text, code = f"a package is installed and broken: {error}; {cure or 'install it again'}", 1
    elif came_from_stdout(error):
        discard(sys.stdout)
        text, code = f"standard output takes no more: {one_line(error)}; make room there or write elsewhere", 1
    elif isinstance(error, MemoryError):
        text, code = "out of memory; close other programs or use smaller input", 1
    else:
        reason = str(error)
        if isinstance(error, OSError) and error.filename is not None:
            reason = f"{printable(str(error.filename))}: {error.strerror}"
        text, code = f"{reason}; check the path, its permissions and the space there", 1
    say(f"error: {' '.join(text.split())}")
    return code


def _report_misuse(error: click.ClickException) -> int:
    """Say in one line on stderr how a command was called wrongly, and how it is called; return the exit code."""
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
        error.show()  # the help itself
        return error.exit_code
    text = " ".join(error.format_message().split()).rstrip(".?")
    context = getattr(error, "ctx", None)
    usage = "" if context is None else "; usage: " + " ".join(context.get_usage().split()[1:]) + ", see --help"
    say(f"error: {text[:1].lower()}{text[1:]}{usage}")
    return error.exit_code


def run_command_line(command: click.Command, arguments: Sequence[str] | None = None) -> None:
    """Run a command as the process's own and exit with its code.

    Ctrl-C exits with 130, SIGTERM with 143, the end of the terminal or ssh session (SIGHUP, unless `nohup` has it
    ignored) with 129, but a command that goes on until it is stopped with 0 after these two; a reader that closes the
    pipe early (`| head`) is no error.
    """
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _terminate)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # a shell's background job ignores it
        signal.signal(signal.SIGINT, _interrupt)
    sys.excepthook, sys.unraisablehook = _show_uncaught, _hide_lost
    open_closed_streams()
    escape_what_has_no_code()
    stdout = sys.stdout
    try:
        code = command.main(args=arguments, standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        code = _report_misuse(error)
    except BrokenPipeError:
        discard(sys.stdout)
        code = 0
    except SystemExit as error:
        # Click wraps stdout and exits with 1 where the reader of a pipe has gone, as it does for help.
        code = 0 if sys.stdout is not stdout else error.code
    except _EXPECTED as error:
        code = report_end(error)
    except click.Abort as error:
        if isinstance(error.__cause__, EOFError):  # Click makes the same of it as of Ctrl-C
            say(f"error: found the end of a file too early ({error.__cause__}); make it again (--debug shows where)")
            code = 1
        else:
            code = report_end(KeyboardInterrupt())
    except Exception as error:  # noqa: BLE001 - the last resort, for mistakes of our own
        text = " ".join(f"{type(error).__name__}: {error}".split())
        say(f"error: a mistake in this program, please report it: {text} (--debug shows where)")
        code = 1
    _leave(code if isinstance(code, int) else 0)


def _leave(code: int) -> NoReturn:
    """Exit with a code; without any taking down where a thread still hangs in a driver, which might crash under it."""
    try:
        sys.stderr.flush()
    except (OSError, ValueError):  # what a full disk did not take; some Pythons exit with 120 if they find it
        with suppress(OSError, ValueError):
            discard(sys.stderr)
    if Asked.to_end is not None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # sent again, it would be the exit code
    if code == INTERRUPTED:
        exec("")  # noqa: S102 - Python remembers a Ctrl-C in an earlier one, as dataclasses do, and would end by it
    threads = sys.modules.get("threading")
    if threads is None or not any(each.name.startswith(MAY_HANG) for each in threads.enumerate()):
        sys.exit(code)

    def flush() -> None:
        with suppress(OSError, ValueError):
            sys.stdout.flush()

    # The hanging thread may be the one that writes to a blocked standard output.
    flushing = threads.Thread(target=flush, daemon=True)
    flushing.start()
    flushing.join(FLUSHING_S)
    os._exit(code)


def _terminate(number: int, _frame: FrameType | None) -> None:
    if Asked.to_end is not None and time.monotonic() - Asked.at_s < SAME_S:
        return
    _ask(Terminated(number))


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    _ask(KeyboardInterrupt())


def _ask(to_end: BaseException) -> NoReturn:
    Asked.to_end, Asked.at_s = to_end, time.monotonic()
    raise to_end


def _hide_lost(lost: sys.UnraisableHookArgs) -> None:
    """Show an exception that Python had to drop as it does, but not that by which the program is asked to end."""
    if Asked.to_end is None or lost.exc_value is not Asked.to_end:
        sys.__unraisablehook__(lost)


def _show_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show an exception as Python does, but not the one by which the program is asked to end: extensions print it."""
    if Asked.to_end is None or not issubclass(kind, (KeyboardInterrupt, Terminated, ImportError)):
        sys.__excepthook__(kind, error, trace)


def _remember(name: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def callback(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
        ctx.meta[f"edge_digits.{name}"] = value

    return callback
