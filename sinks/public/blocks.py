"""Blocks of a public tree under a threshold: files of their own, with what its releases show and nothing else (F3).

A file of the store may hold a block that a later release, or one that waits, shows less of. So here none of them gets a
second name in the tree, as it does without a threshold: what is shown is written again, a file for each support.
"""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter

from schemas.figures import BlockKey
from schemas.public_release import PublicBlock
from schemas.releases import BlockRef
from sinks.directory.blocks import BlockFile
from sinks.durability import put_in_place, temporary
from sinks.protocol import BlockReader, BlockZone
from sinks.public.tree import PublicTree


def put_blocks(
    store: BlockReader, tree: PublicTree, zone: BlockZone, blocks: Mapping[BlockKey, BlockRef]
) -> Iterator[tuple[BlockKey, PublicBlock, int]]:
    """Write blocks into files of the tree, by support; yield where each lies and the bytes of its file."""
    in_order = sorted(blocks.items(), key=itemgetter(0))
    for _, group in groupby(in_order, key=lambda pair: pair[0].support):
        yield from _file(store, tree, zone, dict(group))


def _file(
    store: BlockReader, tree: PublicTree, zone: BlockZone, blocks: Mapping[BlockKey, BlockRef]
) -> Iterator[tuple[BlockKey, PublicBlock, int]]:
    with temporary(tree.file_path("blocks")) as path:
        file = BlockFile(path, "", zone)
        read = store.read_blocks(blocks.values())
        refs = {key: file.add(key.period.code, cells) for key, cells in zip(blocks, read, strict=True)}
        file.close()
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if not tree.file_path(sha256).exists():
            put_in_place(path, tree.file_path(sha256))
    for key, ref in refs.items():
        if ref is not None:
            yield key, PublicBlock(sha256, ref.group, ref.cells, ref.digest.hex()), len(data)
