"""Clients that ask and a publisher that publishes, until the server is gone."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

from chaos.nursery import Fledgling
from chaos.witness import GONE, Witness
from contract.conformance.asking import Client

__all__ = ["ask_and_kill"]

CLIENTS = 4
MOST_REQUESTS = 80
LONGEST_SECONDS = 0.03


def ask_and_kill(server: Fledgling, witness: Witness, chance: random.Random) -> None:
    """Have clients and a publisher at work, and kill the server at a random moment.

    That is after some requests, so that it means the same on any machine, and then somewhere in
    the middle of the next ones.
    """
    seeds = [chance.random() for _ in range(CLIENTS)]
    requests, delay = chance.randrange(MOST_REQUESTS), chance.random() * LONGEST_SECONDS
    client, world = server.client, witness.world
    over = threading.Event()

    def publish(chance: random.Random) -> None:
        while not over.wait(0.05):
            name = chance.choice(sorted(set(world.packages) - {"known"}))
            world.release(name, chance.randrange(100_000))

    with ThreadPoolExecutor(len(seeds) + 1) as threads:
        jobs = [threads.submit(_ask_until_gone, client, witness, seed) for seed in seeds]
        jobs.append(threads.submit(publish, random.Random(delay)))
        while witness.asked < requests and not any(job.done() for job in jobs):
            over.wait(0.001)
        over.wait(delay)
        server.kill()
        over.set()
        for job in jobs:
            job.result()


def _ask_until_gone(client: Client, witness: Witness, seed: float) -> None:
    """Ask for pages and files in any order until nobody answers."""
    chance = random.Random(seed)
    try:
        while True:
            name = chance.choice(list(witness.world.packages))
            witness.take_page(client, name)
            witness.take_file(client, chance.choice(witness.world.packages[name]))
    except GONE:
        return
