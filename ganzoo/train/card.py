"""The model card of a run: what it is, from which data, and how to use it."""

from __future__ import annotations

from typing import Any

from ganzoo.train.run import Run, write_text
from ganzoo.train.verdict import BALANCED, changes, remedy
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
| health | {_health(lines, request["config"])} |
| data | {data["name"]}, {data["count"]:,} examples of {shape}, sha256 `{data["hash"][:16]}` |
| licence of the data | {data["licence"] or "not stated: check before you share this model"} |
| seed | {request["seed"]} |
| device | {backend["device"]}, {backend["precision"]}, {backend["threads"]} threads |
| torch | {about["versions"]["torch"]} on {about["versions"]["platform"]} |

## Use

    ganzoo sample {run.name} -n 64

Everything it draws is synthetic and says so in its metadata. What it may be used for is bounded by the licence of
the data, and what it shows by what the data show: it knows nothing else. {_known(family)}

{_scores(run.scores())}## Settings

| setting | value |
|---|---|
{settings}

## Last values logged

| value | |
|---|---|
{numbers}
""",
    )


def _health(lines: list[dict[str, Any]], settings: dict[str, Any]) -> str:
    """The last verdict with its remedy, and when there were others."""
    verdict = lines[-1].get("health", {}).get("verdict", BALANCED) if lines else BALANCED
    told = [f"{verdict}. {remedy(verdict, settings)}".strip()]
    if others := [f"{each} from {images:,} images on" for images, each in changes(lines)]:
        told.append(f"In its course: {', '.join(others)}.")
    return " ".join(told)


def _scores(scores: list[dict[str, Any]]) -> str:
    """What the newest checkpoint that was scored came to, each number with how it was made."""
    newest = max((score["images"] for score in scores), default=0)
    rows = {}
    for score in scores:
        if score["images"] == newest:
            rows |= {(name, _made(score["protocol"])): value for name, value in score["metrics"].items()}
    if not rows:
        return ""
    table = "\n".join(f"| {name} | {value} | {made} |" for (name, made), value in rows.items())
    return f"## Scores at {newest:,} images\n\n| metric | value | made with |\n|---|---|---|\n{table}\n\n"


def _made(protocol: dict[str, Any]) -> str:
    eyes = f", {protocol['extractor']} features `{protocol['extractor_hash']}`" if protocol["extractor"] else ""
    drawn = f"{protocol['samples']:,} samples of the {protocol['weights']} weights, seed {protocol['seed']}"
    return f"{drawn}, against {protocol['real']:,} of {protocol['data']} `{protocol['data_hash'][:16]}`{eyes}"


def _known(family: Family) -> str:
    return f"Known weakness of the family: {family.weakness}." if family.weakness else ""
