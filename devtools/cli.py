"""The sub-commands of ./dev. Each is a module with a docstring, `configure(parser)` and `main(arguments) -> exit code`."""
import argparse
import signal
import sys

from . import bench, lint, package, process, run, stop, test, translate
from .console import Failure

COMMANDS = (run, test, bench, lint, package, translate, stop)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="./dev", description="Work on json2_backport.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2]
        command = commands.add_parser(name, help=module.__doc__.splitlines()[0], description=module.__doc__)
        module.configure(command)
        command.set_defaults(main=module.main)
    arguments = parser.parse_args(arguments)
    # So that `finally` and `with` clean up whichever way we are told to go.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a shell's background jobs ignore SIGINT otherwise
        signal.signal(number, _interrupt)
    try:
        return arguments.main(arguments)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        process.stop_all()


def _interrupt(*_):
    raise KeyboardInterrupt
