"""The command line: `claimpath COMMAND`."""

import sys

import typer

from claimpath import bench, ledger, network, parked, path, schemas, submit
from deploy.local.trouble import Trouble

app = typer.Typer(
    help="An open-source claims and customer-service network for insurers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(network.up)
app.command()(network.down)
app.command()(network.status)
app.command()(submit.submit)
app.command()(path.path)
app.command()(ledger.ledger)
app.command()(bench.bench)
app.add_typer(parked.app, name="parked")
app.command()(schemas.schemas)


def main() -> None:
    """Run one command; trouble that was to be expected is one line and exit code 1."""
    try:
        app()
    except Trouble as trouble:
        print(f"claimpath: {trouble}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
