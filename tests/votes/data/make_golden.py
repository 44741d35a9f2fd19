"""Write golden sequences of ratings, made by the package ``trueskill``: python tests/votes/data/make_golden.py"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import trueskill

TARGET = Path(__file__).with_name("trueskill.json")
CASES = [
    {"name": "defaults", "draw_probability": 0.10, "games": 60, "gifs": 5, "draws": 0.2},
    {"name": "many draws", "draw_probability": 0.50, "games": 60, "gifs": 4, "draws": 0.6},
    {"name": "the draw probability of the GIFGIF site", "draw_probability": 0.13, "games": 80, "gifs": 8, "draws": 0.3},
    {"name": "no draws", "draw_probability": 0.0, "games": 40, "gifs": 3, "draws": 0.0},
    {"name": "no drift", "draw_probability": 0.10, "tau": 0.0, "games": 60, "gifs": 3, "draws": 0.1},
    {"name": "an upset after a long row", "draw_probability": 0.10, "row": 40, "gifs": 2},
    {"name": "a draw after a long row", "draw_probability": 0.02, "row": 40, "gifs": 2, "last": 2},
]


def games_of(case: dict, random: np.random.Generator) -> list[list[int]]:
    """Return games as left, right and choice: 0 left, 1 right, 2 drawn."""
    if "row" in case:
        return [[0, 1, 0]] * case["row"] + [[0, 1, case.get("last", 1)]]
    games = []
    for _ in range(case["games"]):
        left, right = random.choice(case["gifs"], 2, replace=False).tolist()
        drawn = random.random() < case["draws"]
        games.append([left, right, 2 if drawn else int(random.random() < 0.5)])
    return games


def main() -> None:
    random = np.random.default_rng(7)
    sequences = []
    for case in CASES:
        settings = {"draw_probability": case["draw_probability"], "tau": case.get("tau", 25 / 300)}
        env = trueskill.TrueSkill(backend="scipy", **settings)
        ratings = [env.create_rating() for _ in range(case["gifs"])]
        games = games_of(case, random)
        for left, right, choice in games:
            first, second = (right, left) if choice == 1 else (left, right)
            ratings[first], ratings[second] = env.rate_1vs1(ratings[first], ratings[second], drawn=choice == 2)
        found = {"mu": [r.mu for r in ratings], "sigma": [r.sigma for r in ratings]}
        sequences.append({"name": case["name"], "model": settings, "gifs": case["gifs"], "games": games, **found})
    TARGET.write_text(json.dumps(sequences, indent=1) + "\n")


if __name__ == "__main__":
    main()
