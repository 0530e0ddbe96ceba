"""The command line. Commands forward to a library function; heavy imports wait until then."""

import signal
import sys
from typing import NoReturn

import click

from auricle.pipeline import cli_jobs, cli_look, cli_make, cli_models, cli_plan, cli_report
from auricle.pipeline.engine.stopping import Terminated
from auricle.schemas.errors import UserError


class _InOrder(click.Group):
    """A group that lists its commands as they are written here, not by the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="auricle")
def cli() -> None:
    """Turn a folder of sound into captions, questions and splits in Parquet."""


for _command in (
    *cli_make.COMMANDS,
    *cli_plan.COMMANDS,
    *cli_jobs.COMMANDS,
    *cli_look.COMMANDS,
    *cli_report.COMMANDS,
    *cli_models.COMMANDS,
):
    cli.add_command(_command)


def _terminate(*_: object) -> NoReturn:
    raise Terminated


def main() -> NoReturn:
    """Run the command line; a mistake the user can mend is one line and exit code 2."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except UserError as error:
        print(f"auricle: {error}", file=sys.stderr)
        sys.exit(2)
    except (Terminated, KeyboardInterrupt, click.Abort) as stop:
        print("auricle: stopped; the same command goes on from here", file=sys.stderr)
        sys.exit(143 if isinstance(stop, Terminated) else 130)
    except BrokenPipeError:
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
