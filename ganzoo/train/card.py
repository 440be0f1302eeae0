"""The model card of a run: what it is, from which data, and how to use it."""

from __future__ import annotations

from ganzoo.train.run import Run, write_text
from ganzoo.zoo.cards import Family

STATES = {True: "finished", False: "not finished: the same command goes on"}


def write_card(run: Run, family: Family, done: bool) -> None:
    """Write `README.md` in the run's folder from its `run.toml` and its log."""
    about, lines = run.about, run.lines()
    request, data, backend = about["request"], about["data"], about["backend"]
    line = lines[-1] if lines else {}
    shape = " x ".join(map(str, data["shape"]))
    settings = "\n".join(f"| {key} | {value} |" for key, value in request["config"].items())
    numbers = "\n".join(f"| {key} | {value} |" for key, value in line.items() if isinstance(value, float))
    write_text(
        run.path / "README.md",
        f"""# {run.name}

{family.summary}. Trained with [ganzoo](run.toml) {about["versions"]["ganzoo"]} on *{data["name"]}*.

![samples from fixed seeds](progress.gif)

| | |
|---|---|
| family | {family.name} ({family.paper or "no paper"}), preset {request["preset"]} |
| state | {line.get("images", 0):,} images shown, {STATES[done]} |
| data | {data["name"]}, {data["count"]:,} examples of {shape}, sha256 `{data["hash"][:16]}` |
| licence of the data | {data["licence"] or "not stated: check before you share this model"} |
| seed | {request["seed"]} |
| device | {backend["device"]}, {backend["precision"]}, {backend["threads"]} threads |
| torch | {about["versions"]["torch"]} on {about["versions"]["platform"]} |

## Use

    ganzoo sample {run.name} -n 64

Everything it draws is synthetic and says so in its metadata. What it may be used for is bounded by the licence of
the data, and what it shows by what the data show: it knows nothing else. {_known(family)}

## Settings

| setting | value |
|---|---|
{settings}

## Last values logged

| value | |
|---|---|
{numbers}
""",
    )


def _known(family: Family) -> str:
    return f"Known weakness of the family: {family.weakness}." if family.weakness else ""
