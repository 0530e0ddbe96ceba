"""What `auricle report` and `auricle card` do."""

import os
from contextlib import suppress
from pathlib import Path

from auricle.pipeline.commands import configure
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.export.card import write_card
from auricle.pipeline.report.page import page, served_page
from auricle.pipeline.report.server import serve
from auricle.pipeline.terminal import console, print_json
from auricle.schemas.errors import UserError

_FILE = "report.html"


def report(uri: str, out: str | None, clips: int, as_json: bool) -> None:
    """Write the report of a dataset as one HTML file, and say where it is.

    Raises:
        UserError: there is no dataset, or the file cannot be written.
    """
    data = Dataset(uri)
    content = page(data, clips, configure(data, {}, None).privacy).encode()
    if out is None:
        data.storage.write(_FILE, content)
        place = data.storage.address(_FILE)
    else:
        place = os.path.abspath(out)  # noqa: PTH100
        try:
            Path(out).write_bytes(content)
        except OSError as error:
            raise UserError(f"{out}: cannot write the report: {error.strerror}") from None
    if as_json:
        print_json({"report": place, "bytes": len(content)})
    else:
        console.print(f"{place} ({len(content) / 1e6:.1f} MB)", soft_wrap=True)


def card(uri: str, as_json: bool) -> None:
    """Write the card and the Croissant file of the Parquet export, and say where they are.

    Raises:
        UserError: there is no Parquet export.
    """
    data = Dataset(uri)
    places = [data.storage.address(name) for name in write_card(data, configure(data, {}, None))]
    if as_json:
        print_json({"card": places[0], "croissant": places[1]})
    else:
        console.print("\n".join(places), soft_wrap=True)


def serve_report(uri: str, port: int, as_json: bool) -> None:
    """Serve the report of a dataset on this machine alone, until Ctrl-C.

    Raises:
        UserError: there is no dataset, or the port is taken.
    """
    data = Dataset(uri)
    server = serve(data, port, served_page(data).encode())
    address = f"http://127.0.0.1:{server.server_port}"
    if as_json:
        print_json({"address": address})
    else:
        console.print(f"{address} until Ctrl-C", soft_wrap=True)
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()
