"""The LZW of GIF both ways, slow and plain; see `exact_gif`."""

from __future__ import annotations

import random


def compress(values: bytes, code_size: int, clear_chance: float = 0.0, end_code: bool = True, seed: int = 0) -> bytes:
    """LZW as GIF has it; with a `clear_chance` below 1 the table, once full, is kept or cleared at random."""
    rng = random.Random(seed)
    clear, end = 1 << code_size, (1 << code_size) + 1
    word = bits = 0
    out = bytearray()
    table: dict[bytes, int] = {}
    width, following = code_size + 1, end + 1

    def put(code: int) -> None:
        nonlocal word, bits
        word |= code << bits
        bits += width
        while bits >= 8:
            out.append(word & 255)
            word >>= 8
            bits -= 8

    def reset() -> None:
        nonlocal width, following
        put(clear)
        table.clear()
        table.update({bytes([i]): i for i in range(min(clear, 256))})
        width, following = code_size + 1, end + 1

    reset()
    prefix = b""
    for value in values:
        longer = prefix + bytes([value])
        if longer in table:
            prefix = longer
            continue
        put(table[prefix])
        if following < 4096:
            table[longer] = following
            if following == 1 << width and width < 12:
                width += 1
            following += 1
        prefix = longer[-1:]
        if rng.random() < clear_chance:
            reset()
    if prefix:
        put(table[prefix])
        if following < 4096 and following == 1 << width and width < 12:
            width += 1
    if end_code:
        put(end)
    if bits:
        out.append(word & 255)
    return bytes(out)


def decompress(data: bytes, code_size: int, wanted: int) -> bytes:
    """Undo `compress`; gives up to `wanted` values, fewer if the data end or make no sense."""
    clear, end = 1 << code_size, (1 << code_size) + 1
    table = [bytes([i & 255]) for i in range(clear)] + [b"", b""]
    width, previous = code_size + 1, b""
    word = bits = position = 0
    out = bytearray()
    while len(out) < wanted:
        while bits < width:
            if position == len(data):
                return bytes(out)
            word |= data[position] << bits
            position, bits = position + 1, bits + 8
        code = word & ((1 << width) - 1)
        word, bits = word >> width, bits - width
        if code == end:
            break
        if code == clear:
            del table[end + 1 :]
            width, previous = code_size + 1, b""
            continue
        if code < len(table):
            entry = table[code]
        elif code == len(table) < 4096 and previous:
            entry = previous + previous[:1]
        else:
            break
        out += entry
        if previous and len(table) < 4096:
            table.append(previous + entry[:1])
        if len(table) == 1 << width and width < 12:
            width += 1
        previous = entry
    return bytes(out[:wanted])
