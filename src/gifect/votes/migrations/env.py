"""How Alembic runs the changes: on the connection that it is given, inside of its transaction."""

from __future__ import annotations

from alembic import context

from gifect.votes.database import versions

context.configure(
    connection=context.config.attributes["connection"], version_table=versions.name, transactional_ddl=True
)
context.run_migrations()
