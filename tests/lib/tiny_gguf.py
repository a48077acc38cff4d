# SPDX-License-Identifier: BSD-2-Clause
"""A model for llama.cpp that knows nothing: llama's architecture with random weights, 0.3 MB.

What it answers is noise; how long that takes, and what the server says of it, is real. Its tokens are bytes.
GGUF, version 3: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""
import random
import struct
from array import array

WIDTH, HEADS, LAYERS, FEED, CONTEXT = 64, 4, 2, 128, 4096
U32, F32, STRING, ARRAY, I32 = 4, 6, 8, 9, 5
UNKNOWN, NORMAL, CONTROL, BYTE = 2, 1, 3, 6
ALIGN = 32


def text(s):
    data = s.encode()
    return struct.pack("<Q", len(data)) + data


def value(kind, v):
    if kind == STRING:
        return text(v)
    return struct.pack("<f" if kind == F32 else "<I", v)


def many(kind, values):
    pack = text if kind == STRING else lambda v: struct.pack("<f" if kind == F32 else "<i", v)
    return struct.pack("<IQ", kind, len(values)) + b"".join(pack(v) for v in values)


def write(path, seed=1):
    rnd = random.Random(seed)
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + ["\u2581", "a", "e", "t"]
    kinds = [UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256 + [NORMAL] * 4
    metadata = [("general.architecture", STRING, "llama"), ("general.name", STRING, "noise"),
                ("general.alignment", U32, ALIGN), ("llama.context_length", U32, CONTEXT),
                ("llama.embedding_length", U32, WIDTH), ("llama.block_count", U32, LAYERS),
                ("llama.feed_forward_length", U32, FEED), ("llama.attention.head_count", U32, HEADS),
                ("llama.rope.dimension_count", U32, WIDTH // HEADS),
                ("llama.attention.layer_norm_rms_epsilon", F32, 1e-5), ("llama.vocab_size", U32, len(tokens)),
                ("tokenizer.ggml.model", STRING, "llama"), ("tokenizer.ggml.bos_token_id", U32, 1),
                ("tokenizer.ggml.eos_token_id", U32, 2), ("tokenizer.ggml.unknown_token_id", U32, 0)]
    arrays = [("tokenizer.ggml.tokens", STRING, tokens), ("tokenizer.ggml.scores", F32, [0.0] * len(tokens)),
              ("tokenizer.ggml.token_type", I32, kinds)]
    shapes = [("token_embd.weight", (WIDTH, len(tokens))), ("output_norm.weight", (WIDTH,)),
              ("output.weight", (WIDTH, len(tokens)))]
    for layer in range(LAYERS):
        shapes += [(f"blk.{layer}.{name}.weight", shape) for name, shape in (
            ("attn_norm", (WIDTH,)), ("attn_q", (WIDTH, WIDTH)), ("attn_k", (WIDTH, WIDTH)),
            ("attn_v", (WIDTH, WIDTH)), ("attn_output", (WIDTH, WIDTH)), ("ffn_norm", (WIDTH,)),
            ("ffn_gate", (WIDTH, FEED)), ("ffn_up", (WIDTH, FEED)), ("ffn_down", (FEED, WIDTH)))]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(metadata) + len(arrays))
    for key, kind, v in metadata:
        head += text(key) + struct.pack("<I", kind) + value(kind, v)
    for key, kind, values in arrays:
        head += text(key) + struct.pack("<I", ARRAY) + many(kind, values)
    data = b""
    for name, shape in shapes:
        size = shape[0] * (shape[1] if len(shape) > 1 else 1)
        head += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        head += struct.pack("<IQ", 0, len(data))  # floats, at that offset
        one = len(shape) == 1
        data += array("f", (1.0 if one else rnd.gauss(0, 0.1) for _ in range(size))).tobytes()
        data += bytes(-len(data) % ALIGN)
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % ALIGN) + data)
