"""The lint sees what servers of before would not survive, and lets the rest pass."""

from pathlib import Path

import pytest

from infra.migration_lint import lint_migration
from infra.migrations import migration_files

_HEAD = '"""A migration."""\n\nimport sqlalchemy as sa\n\nfrom alembic import op\n\nrevision = "0999"\n'


def problems(folder: Path, body: str, head: str = "") -> list[str]:
    path = folder / "0999_x.py"
    path.write_text(
        f"{_HEAD}{head}\n\ndef upgrade() -> None:\n    {body}\n\n\ndef downgrade() -> None:\n    pass\n"
    )
    return lint_migration(path)


def test_ours_pass() -> None:
    paths = migration_files()
    assert len(paths) > 20
    assert [line for path in paths for line in lint_migration(path)] == []


@pytest.mark.parametrize(
    "body",
    [
        'op.create_table("new", sa.Column("id", sa.Integer(), nullable=False))',
        'op.add_column("orders", sa.Column("note", sa.String(10), nullable=True))',
        'op.add_column("orders", sa.Column("n", sa.Integer(), server_default="0", nullable=False))',
        'op.create_index("ix_x", "orders", ["note"])',
        'op.drop_index("ix_x", table_name="orders")',
    ],
)
def test_what_expands(tmp_path: Path, body: str) -> None:
    assert problems(tmp_path, body) == []


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ('op.drop_column("orders", "note")', "drops a column"),
        ('op.drop_table("orders")', "drops a table"),
        ('op.rename_table("orders", "o")', "renames"),
        ('op.alter_column("orders", "note", nullable=False)', "changes a column"),
        ('op.alter_column("orders", "note", new_column_name="n")', "changes a column"),
        ('op.create_unique_constraint("u", "orders", ["note"])', "allows less"),
        ('op.add_column("orders", sa.Column("n", sa.Integer(), nullable=False))', "do not fill"),
        ('op.execute("UPDATE orders SET note = NULL")', "in batches"),
        ('op.execute(sa.text("delete from orders"))', "in batches"),
    ],
)
def test_what_does_not(tmp_path: Path, body: str, word: str) -> None:
    [line] = problems(tmp_path, body)
    assert line.startswith("0999_x.py:11: ")
    assert word in line


def test_a_contraction_says_so(tmp_path: Path) -> None:
    head = 'contracts = "nothing reads it"\n'
    drop = 'op.drop_column("orders", "note")'
    [line] = problems(tmp_path, drop, head)
    assert "schema_support" in line
    moved = f"{drop}\n    op.execute(\"UPDATE schema_support SET oldest = '0998'\")"
    assert problems(tmp_path, moved, head) == []
