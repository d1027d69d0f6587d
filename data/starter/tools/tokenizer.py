"""CLIP's byte-pair tokenizer over bpe_simple_vocab_16e6.txt.gz: lower case, 49408 ids, BOS 49406, EOS 49407."""

import gzip
import re
from pathlib import Path

VOCABULARY = Path(__file__).resolve().parent.parent / "bpe_simple_vocab_16e6.txt.gz"
BOS, EOS = 49406, 49407
WORD = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|[^\s\w]+|_+")


def byte_symbols():
    """A printable character for every byte, and all of them in the order of the vocabulary."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [value for value in range(256) if value not in printable]
    symbols = {value: chr(value) for value in printable}
    symbols.update({value: chr(256 + i) for i, value in enumerate(others)})
    return symbols, [symbols[value] for value in printable + others]


class Tokenizer:
    def __init__(self, path=VOCABULARY):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines = file.read().split("\n")
        merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
        self.symbols, base = byte_symbols()
        vocabulary = base + [symbol + "</w>" for symbol in base] + ["".join(merge) for merge in merges] + ["<bos>", "<eos>"]
        self.ids = {symbol: i for i, symbol in enumerate(vocabulary)}
        self.ranks = {merge: i for i, merge in enumerate(merges)}
        self.cache = {}

    def encode_word(self, word):
        if word not in self.cache:
            parts = [self.symbols[byte] for byte in word.encode()]
            parts[-1] += "</w>"
            while len(parts) > 1:
                pairs = list(zip(parts, parts[1:]))
                best = min(pairs, key=lambda pair: self.ranks.get(pair, len(self.ranks)))
                if best not in self.ranks:
                    break
                parts = merge_pair(parts, best)
            self.cache[word] = [self.ids[part] for part in parts]
        return self.cache[word]

    def __call__(self, text, length=77, pad=EOS):
        text = re.sub(r"\s+", " ", text.strip().lower())
        ids = [i for word in WORD.findall(text) for i in self.encode_word(word)][: length - 2]
        ids = [BOS, *ids, EOS]
        return ids + [pad] * (length - len(ids))


def merge_pair(parts, pair):
    """`parts` with every neighbouring `pair` made one."""
    merged, i = [], 0
    while i < len(parts):
        if tuple(parts[i : i + 2]) == pair:
            merged.append(parts[i] + parts[i + 1])
            i += 2
        else:
            merged.append(parts[i])
            i += 1
    return merged
