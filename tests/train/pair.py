"""Two processes that train together: started once, they do one task after another, as ranks do."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import socket
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

PATIENCE = 120.0  # seconds until a rank that does not answer is a failure


class Pair:
    """``size`` ranks over gloo on this machine. Tasks are functions of a module that they can import."""

    def __init__(self, size: int = 2):
        context = multiprocessing.get_context("spawn")
        port = free_port()
        self.ends: list[Connection] = []
        self.processes = []
        for rank in range(size):
            here, there = context.Pipe()
            process = context.Process(target=serve, args=(there, rank, size, port), daemon=True)
            process.start()
            there.close()
            self.ends.append(here)
            self.processes.append(process)

    def __call__(self, task: Callable[..., Any], *args: Any) -> list[Any]:
        """What the task gives on each rank; AssertionError with its traceback where it fails on one."""
        for end in self.ends:
            end.send_bytes(pickle.dumps((task, args)))  # send itself would have them share the memory of tensors
        answers = []
        for rank, end in enumerate(self.ends):
            assert end.poll(PATIENCE), f"rank {rank} does not answer"
            failure, answer = pickle.loads(end.recv_bytes())
            assert not failure, f"rank {rank}: {failure}"
            answers.append(answer)
        return answers

    def close(self) -> None:
        for end in self.ends:
            end.close()
        for process in self.processes:
            process.join(10)
            if process.is_alive():
                process.kill()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def serve(tasks: Connection, rank: int, size: int, port: int) -> None:
    """What each of the processes does until nobody asks any more."""
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    import torch

    from ganzoo.train.ranks.world import World

    torch.set_num_threads(1)
    with World.here().joined(torch.device("cpu")):
        while True:
            try:
                task, args = pickle.loads(tasks.recv_bytes())
            except EOFError:
                return
            try:
                answer = None, task(*args)
            except Exception:
                answer = traceback.format_exc(), None
            tasks.send_bytes(pickle.dumps(answer))
