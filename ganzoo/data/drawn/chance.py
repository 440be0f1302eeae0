"""Chance that depends on nothing but (seed, index, name): example i is the same in whatever chunk it is drawn.

Everything here, and in the drawings, is made of operations that IEEE 754 rounds exactly (+ - * / sqrt, comparisons),
never of ``np.sin`` or ``np.log``, whose last bit differs between processors: a drawn set has one hash on all machines.
"""

from __future__ import annotations

import math
import zlib

import numpy as np

GOLDEN = 0x9E3779B97F4A7C15
WORD = (1 << 64) - 1


def uniform(indices: np.ndarray, seed: int, name: str) -> np.ndarray:
    """One float64 in [0, 1) for each index, independent between names, seeds and indices."""
    start = _scramble(np.array([(zlib.crc32(name.encode()) * GOLDEN + seed) & WORD], dtype=np.uint64))
    words = _scramble(_scramble(np.asarray(indices, dtype=np.uint64) * np.uint64(GOLDEN) + start) ^ start)
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def choice(indices: np.ndarray, seed: int, name: str, k: int) -> np.ndarray:
    """One int64 in [0, k) for each index, every value as likely as the others."""
    return (uniform(indices, seed, name) * k).astype(np.int64)


def between(indices: np.ndarray, seed: int, name: str, low: float, high: float) -> np.ndarray:
    """One float64 in [low, high) for each index."""
    return low + uniform(indices, seed, name) * (high - low)


def normal_pair(indices: np.ndarray, seed: int, name: str) -> np.ndarray:
    """Two independent standard normals for each index, float64 [n, 2] (Box and Muller 1958)."""
    radius = np.sqrt(-2.0 * log(1.0 - uniform(indices, seed, f"{name} radius")))
    turn = uniform(indices, seed, f"{name} angle")
    return np.stack([radius * cosine(turn), radius * sine(turn)], axis=-1)


def sine(turns: np.ndarray) -> np.ndarray:
    """Sine of an angle in turns (1 is the full circle), to 1e-12, equal on every machine."""
    near = turns - np.round(turns)  # in [-1/2, 1/2]
    near = np.where(np.abs(near) > 0.25, np.copysign(0.5, near) - near, near)
    angle = near * (2.0 * math.pi)
    square = angle * angle
    total = np.zeros_like(angle)
    for power in range(17, 0, -2):  # the Taylor series, Horner's way
        total = total * square + (-1.0) ** (power // 2) / math.factorial(power)
    return total * angle


def cosine(turns: np.ndarray) -> np.ndarray:
    """Cosine of an angle in turns, to 1e-12, equal on every machine."""
    return sine(turns + 0.25)


def log(values: np.ndarray) -> np.ndarray:
    """Natural logarithm of positive numbers, to 1e-14, equal on every machine."""
    mantissa, exponent = np.frexp(values)  # exact; mantissa in [1/2, 1)
    middle = math.sqrt(0.5)
    ratio = (mantissa - middle) / (mantissa + middle)
    square = ratio * ratio
    total = np.zeros_like(ratio)
    for power in range(17, 0, -2):  # 2 artanh(ratio) = log(mantissa / middle)
        total = total * square + 2.0 / power
    return total * ratio + (exponent - 0.5) * math.log(2.0)


def _scramble(words: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014): every input bit moves every output bit."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
