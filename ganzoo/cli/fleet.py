"""A training that is sent to several devices, or to a queue, instead of being done by this process."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo.cli.output import print_json, print_note
from ganzoo.errors import Interrupted, RequestError, Said

if TYPE_CHECKING:
    from ganzoo.train.request import Request

QUEUES = ("slurm", "local")
WARNING = 120  # seconds before the end of its time in which a job saves itself
RETURNS = 1_000  # times that a job may queue itself again


@dataclass(frozen=True)
class Fleet:
    """What was asked for."""

    devices: int = 1  # of a machine
    restarts: int = 0
    queue: str = ""
    nodes: int = 1
    partition: str = ""
    time: str = "12h"

    @property
    def ranks(self) -> int:
        return self.devices * self.nodes


def sends_away(request: Request, words: Sequence[str], fleet: Fleet, runs: Path, as_json: bool) -> bool:
    """Launch the same command as several ranks, or queue it; False where this process is one that came of that.

    Raises:
        RequestError: the request does not suit so many devices, or there is no such queue.
    """
    from ganzoo.train.ranks.world import World

    if World.here().size > 1 or "SUBMITIT_EXECUTOR" in os.environ:
        return False
    if fleet.nodes > 1 and not fleet.queue:
        raise RequestError("--nodes needs --queue slurm. Without a queue, start torchrun on each machine yourself.")
    World(size=fleet.ranks).check(request.config.sizes_of_batches(), request.config.accumulate)
    if fleet.queue:
        print_sent(queued(request, words, fleet, runs), as_json)
        return True
    World(fleet.devices - 1, fleet.devices, fleet.devices - 1).place(request.device)
    from ganzoo.train.ranks.fleet import launch

    launch(words, fleet.devices, fleet.restarts, print_note)
    return True


def print_sent(job: dict[str, str], as_json: bool) -> None:
    if as_json:
        print_json(job)
        return
    print(f"queued as job {job['job']}; what it says is in {job['folder']}")
    print("Queue it again, or run it here, and it goes on where it stood.")


def queued(request: Request, words: Sequence[str], fleet: Fleet, runs: Path) -> dict[str, str]:
    """Hand the command over to SLURM, or to the background of this machine; gives its number and the folder of its log.

    Raises:
        RequestError: submitit is not installed, or there is no SLURM here.
    """
    from ganzoo.zoo.duration import duration

    if fleet.queue not in QUEUES:
        raise RequestError(f"No queue '{fleet.queue}'. Use one of {', '.join(QUEUES)}.")
    try:
        import submitit
    except ImportError:
        raise RequestError('--queue needs submitit. Install it with: pip install "ganzoo[slurm]"') from None
    folder = runs / ".jobs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        executor = submitit.AutoExecutor(folder / "%j", fleet.queue, **{f"{fleet.queue}_max_num_timeout": RETURNS})
        executor.update_parameters(
            name=request.run_name,
            nodes=fleet.nodes,
            tasks_per_node=fleet.devices,
            gpus_per_node=0 if request.device == "cpu" else fleet.devices,
            timeout_min=max(1, round(duration(fleet.time) / 60)),
            slurm_signal_delay_s=WARNING,
            **({"slurm_partition": fleet.partition} if fleet.partition else {}),
        )
    except (RuntimeError, OSError, ValueError) as error:  # no srun, more than there can be
        raise RequestError(f"--queue {fleet.queue}: {error}".rstrip(".") + ".") from error
    with _voiceless():
        job = executor.submit(Job(tuple(words)))
    return {"job": job.job_id, "queue": fleet.queue, "folder": str(job.paths.folder)}


@contextmanager
def _voiceless() -> Iterator[None]:
    """What is started meanwhile has no output: a job in the background would keep a pipe open that reads ours."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = {stream: os.dup(stream) for stream in (1, 2)}
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for stream in kept:
            os.dup2(nowhere, stream)
        yield
    finally:
        os.close(nowhere)
        for stream, copy in kept.items():
            os.dup2(copy, stream)
            os.close(copy)


@dataclass(frozen=True)
class Job:
    """What each rank of a queued command does; queued again, it goes on where it stood."""

    words: tuple[str, ...]

    def __call__(self) -> int:
        from submitit.helpers import TorchDistributedEnvironment

        from ganzoo.cli.app import run

        TorchDistributedEnvironment().export(set_cuda_visible_devices=False, overwrite=True)
        again: Any = signal.getsignal(signal.SIGUSR2)  # submitit's: queues the job once more, and ends it
        try:
            return run(self.words)
        except Interrupted as stopped:
            print(stopped, file=sys.stderr, flush=True)
            if stopped.signal == signal.SIGUSR2:
                again(signal.SIGUSR2, None)
            return stopped.exit_status
        except Said as said:
            return said.exit_status

    def checkpoint(self) -> Any:
        """What is to be queued again: the same, for by now the run has saved itself."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(Job(tuple(word for word in self.words if word != "--new")))
