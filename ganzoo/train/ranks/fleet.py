"""Several ranks of one run launched on this machine, and what is told of one that ends before its time."""

from __future__ import annotations

import logging
import os
import signal
import sys
import uuid
from collections.abc import Callable, Sequence

from ganzoo.errors import Interrupted, RequestError, Said, WorkError
from ganzoo.train.ranks.world import LAUNCHED

GRACE = "45"  # seconds that ranks have to save themselves, in which torch then kills them
FINAL = (RequestError.exit_status, Interrupted.exit_status)  # of no use to try again


def launch(words: Sequence[str], count: int, restarts: int, say: Callable[[str], None]) -> None:
    """Run the command ``ganzoo`` with these words as ``count`` ranks, by torch's elastic launcher.

    Where a rank fails the others are ended. Up to ``restarts`` times all are started again, and go on from the newest
    checkpoint.

    Raises:
        WorkError: a rank was killed.
        Said: a rank failed, and has said why; or all were told to stop, and have saved themselves.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.disable()  # torch tells the same in pages, and this process does nothing else
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // count)))
    os.environ.setdefault("TORCH_ELASTIC_SHUTDOWN_TIMEOUT", GRACE)
    for number in range(restarts + 1):
        # A new group every time: ranks that torch restarts within one may find the addresses of those before them.
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=count,
            run_id=f"{LAUNCHED}{uuid.uuid4().hex}",
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            local_addr="localhost",
            max_restarts=0,
        )
        try:
            # A new run is begun once, and then gone on with.
            again = words if number == 0 else [word for word in words if word != "--new"]
            elastic_launch(config, sys.executable)("-m", "ganzoo", *again)
            return
        except SignalException:
            raise Said(Interrupted.exit_status) from None
        except ChildFailedError as failed:
            rank, status = _cause({rank: each.exitcode for rank, each in failed.failures.items()})
        if status in FINAL:
            raise Said(status)
        ended = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        if number < restarts:
            say(f"rank {rank} {ended}: starting again, {number + 1} of {restarts}")
        elif status < 0:
            raise WorkError(f"rank {rank} {ended}. The same command goes on from the newest checkpoint.")
        else:
            raise Said(status)


def _cause(statuses: dict[int, int]) -> tuple[int, int]:
    """Of ranks that failed, the one that the others fell with, and its exit status: killed from outside, or the first.

    One that the launcher itself ended, with SIGTERM, is no cause.
    """
    killed = [rank for rank, status in statuses.items() if status < 0 and status != -signal.SIGTERM]
    told = [rank for rank, status in statuses.items() if status > 0]
    rank = min(killed or told or statuses)
    return rank, statuses[rank]
