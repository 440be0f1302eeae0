"""Flags of three stripes: a data set of 300 known modes, a metric that counts them, and a command that reads them.

Three hooks in one package. What they hand over is light; numpy and Pillow are imported by whoever builds or is called.
"""

from __future__ import annotations

from pathlib import Path

import ganzoo


def build_source():
    from ganzoo_flags.source import Flags

    return Flags()


def build_metric():
    from ganzoo_flags.metric import flags_found

    return flags_found


@ganzoo.hookimpl
def register_datasets(register):
    register(
        ganzoo.Dataset(
            name="flags",
            summary="three stripes in six colours, 300 flags that wave; layout and colours known",
            build=build_source,
            gives=("image", "label"),
            licence="CC0-1.0, drawn by ganzoo-flags",
        )
    )


@ganzoo.hookimpl
def register_metrics(register):
    register(
        ganzoo.Metric(
            name="flags_found",
            summary="of the 300 flags, those that samples show; and the share of samples that are flags",
            build=build_metric,
            needs=("image",),
            better="higher",
        )
    )


@ganzoo.hookimpl
def register_commands(app):
    flags = app.group("flags", help="Look at flags, and read them.")

    @flags.command()
    def sheet(file: Path, size: int = 24):
        """Write all 300 flags into one picture."""
        from ganzoo_flags.command import write_sheet

        write_sheet(file, size)
        print(file)

    @flags.command()
    def read(picture: list[Path]):
        """Say which flag each picture shows, a line a picture."""
        from ganzoo_flags.command import read_pictures

        for path, told in zip(picture, read_pictures(picture), strict=True):
            print(f"{path}\t{told}")
