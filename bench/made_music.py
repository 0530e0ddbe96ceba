"""Measure tempo and key on music that is made here: `python bench/made_music.py [--seeds N]`.

The loops and pieces are those of bench/loops.py, each seed with other tempos, sounds and noise.
"""

import argparse
import time
from collections import Counter

from loops import RATE, Sound, keyed_pieces, tempo_loops
from rich.console import Console
from rich.table import Table

from auricle.experts.base import Heard
from auricle.experts.key import TONICS
from auricle.experts.rhythm import DspRhythm
from auricle.schemas.music import Rhythm

TOLERANCE = 0.04


def main() -> None:
    """Hear all loops and pieces and print the shares that are right."""
    parser = argparse.ArgumentParser(description="Measure tempo and key on made music.")
    parser.add_argument("--seeds", type=int, default=8)
    seeds = range(parser.parse_args().seeds)
    expert = DspRhythm()
    expert.load()

    def hear(waveform: Sound) -> Rhythm:
        return expert.annotate([Heard("made", waveform, RATE)])[0]

    start, counts = time.process_time(), Counter[str]()
    for loop in (loop for seed in seeds for loop in tempo_loops(seed)):
        counts["loops"] += 1
        tempo = hear(loop.waveform).tempo
        if tempo is not None:
            counts["tempo told"] += 1
            off = [abs(tempo * by / loop.bpm - 1) for by in (1, 2, 0.5)]
            counts["tempo, within 4 %"] += off[0] <= TOLERANCE
            counts["tempo, octaves allowed"] += min(off) <= TOLERANCE
    for piece in (piece for seed in seeds for piece in keyed_pieces(seed)):
        counts["pieces"] += 1
        found = hear(piece.waveform)
        if found.key is not None:
            counts["key told"] += 1
            steps = (TONICS.index(found.key) - piece.tonic) % 12
            counts["key right"] += steps == 0 and found.mode == piece.mode
            relative = 9 if piece.mode == "major" else 3
            counts["key, its relative"] += steps == relative and found.mode != piece.mode
    spent = (time.process_time() - start) / (counts["loops"] + counts["pieces"])

    table = Table("what", "share", "of", box=None, pad_edge=False)
    for name, of in (
        ("tempo told", "loops"),
        ("tempo, within 4 %", "loops"),
        ("tempo, octaves allowed", "loops"),
        ("key told", "pieces"),
        ("key right", "key told"),
        ("key, its relative", "key told"),
    ):
        table.add_row(name, f"{counts[name] / counts[of]:.3f}", f"{counts[of]} {of}")
    table.add_row("CPU-s a clip, with its making", f"{spent:.3f}", "")
    Console().print(table, highlight=False)


if __name__ == "__main__":
    main()
