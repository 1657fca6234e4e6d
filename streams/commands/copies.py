"""The copy in Redis: fill it again, and make its users."""

from pathlib import Path
from typing import Annotated

import typer

from streams.commands.history import Store


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("redis-fill", epilog="Example: ocmw redis-fill --store store")(redis_fill)
    app.command("redis-acl", epilog="Example: ocmw redis-acl --passwords secrets --out users.acl")(redis_acl)


def redis_fill(store: Store) -> None:
    """Put the values and releases that the copy in Redis lacks; readers see whole releases meanwhile."""
    from sinks.directory.store import DirectoryStore
    from sinks.public.tree import PublicTree
    from sinks.redis.tree import RedisTree
    from streams.redis_settings import RedisSettings
    from streams.release.publishing import shown_to_public
    from streams.settings import load_settings
    from streams.shell.console import OUT, counted

    required = load_settings().release_approval == "required"
    copy = RedisSettings().copy_of_store(shown_to_public(store, approval=required))
    home = DirectoryStore.reading(store)
    made = copy.make_up(home)
    RedisTree(copy.client, copy.keep).make_up(PublicTree.of(store))
    OUT.print(f"{counted(made, 'release')} published, Redis shows release {copy.latest()}; nothing of it is missing")


def redis_acl(
    passwords: Annotated[
        Path, typer.Option(help="Directory with a file for each user, its password inside.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="The ACL file to write, for Redis' setting aclfile.", show_default=False)],
) -> None:
    """Write the users of Redis: a reader for each zone, and the publisher. Only hashes of passwords are written.

    The directory holds four files, ocmw-public, ocmw-restricted, ocmw-provisional and ocmw-publish, each with a
    password of at least 16 characters.
    """
    from sinks.durability import write_for_owner
    from sinks.redis.acl import USERS, acl_file
    from streams.redis_settings import hashed
    from streams.shell.console import OUT

    lines = acl_file({user: hashed(passwords, user) for user in USERS})
    write_for_owner(out, f"user default off\n{lines}")
    OUT.print(f"{out}: users {', '.join(USERS)}; name it as aclfile in Redis' configuration and run ACL LOAD")
