"""The tree of categories stays a tree, whoever changes it at the same time."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select

from infra.ids import new_id
from infra.runtime import Infra
from models import Category
from models.documents import CategoryDoc
from services.catalog.archive_category import archive_category, restore_category
from services.catalog.change_category import CategoryBased
from services.catalog.create_category import CategoryDraft, create_category
from services.catalog.list_categories import list_categories, list_children
from services.catalog.move_category import CategoryMove, move_category
from services.catalog.update_category import CategoryChange, update_category
from services.shared.errors import NotFound, SlugTaken, StaleVersion
from tests.integration.changing_products.outcomes import outcome, problems
from tests.modes import ONE_MODE


async def make(infra: Infra, name: str, parent: CategoryDoc | None = None) -> CategoryDoc:
    return await create_category(infra, CategoryDraft(name, parent_id=parent.id if parent else None))


def on(category: CategoryDoc) -> CategoryBased:
    return CategoryBased(category.id, category.version)


async def chain(infra: Infra, length: int, name: str = "c") -> list[CategoryDoc]:
    """Each below the one before it."""
    made: list[CategoryDoc] = []
    for level in range(length):
        made.append(await make(infra, f"{name}{level}", made[-1] if made else None))
    return made


async def parents(infra: Infra) -> dict[str, UUID | None]:
    async with infra.database.read() as session:
        return dict((await session.execute(select(Category.name, Category.parent_id))).all())


async def names_below(infra: Infra, parent: CategoryDoc) -> list[str]:
    return [child.name for child in (await list_children(infra, [parent.id])).get(parent.id, [])]


async def test_a_category_is_created_renamed_archived_and_restored(infra: Infra) -> None:
    root = await make(infra, " Schuhe & Söhne ")
    assert (root.name, root.version, root.position, root.archived) == ("Schuhe & Söhne", 1, 0, False)
    renamed = await update_category(infra, on(root), CategoryChange(name="Shoes", slug="shoes"))
    assert (renamed.name, renamed.slug, renamed.version) == ("Shoes", "shoes", 2)
    assert await update_category(infra, on(renamed), CategoryChange(name="Shoes")) == renamed
    child = await make(infra, "Boots", renamed)
    refused = await outcome(archive_category(infra, on(renamed)))
    assert problems(refused) == [("input.id", "has categories below it: archive or move these first")]
    gone = await archive_category(infra, on(child))
    root_gone = await archive_category(infra, on(renamed))
    assert (gone.archived, gone.version, root_gone.archived) == (True, 2, True)
    assert await list_categories(infra) == []
    assert len(await list_categories(infra, include_archived=True)) == 2
    refused = await outcome(restore_category(infra, on(gone)))
    assert problems(refused) == [("input.id", "is below an archived category: restore or leave that first")]
    refused = await outcome(create_category(infra, CategoryDraft("New", parent_id=root.id)))
    assert problems(refused) == [("input.parentId", "is an archived category")]
    root = await restore_category(infra, on(root_gone))
    assert (await restore_category(infra, on(gone))).archived is False
    with pytest.raises(StaleVersion) as stale:
        await update_category(infra, CategoryBased(root.id, 1), CategoryChange(name="X"))
    assert stale.value.version == 4
    with pytest.raises(NotFound):
        await archive_category(infra, CategoryBased(new_id(), 1))


@ONE_MODE
async def test_faults_of_a_category_are_named(infra: Infra) -> None:
    faults = await outcome(create_category(infra, CategoryDraft("\x00", "Not A Slug")))
    assert [path for path, _ in problems(faults)] == ["input.name", "input.slug"]
    assert problems(await outcome(create_category(infra, CategoryDraft("  ", "")))) == [
        ("input.name", "must not be empty"),
        ("input.slug", "must not be empty"),
    ]
    lost = await outcome(create_category(infra, CategoryDraft("A", parent_id=new_id())))
    assert problems(lost) == [("input.parentId", "there is no such category")]
    made = await make(infra, "A")
    racers = await asyncio.gather(
        *(outcome(create_category(infra, CategoryDraft("B", "b"))) for _ in range(3)),
        outcome(update_category(infra, on(made), CategoryChange(slug="b"))),
    )
    assert sorted(type(racer).__name__ for racer in racers) == ["CategoryDoc", *["SlugTaken"] * 3]
    with pytest.raises(SlugTaken):
        await make(infra, "a")


async def test_a_move_takes_all_that_is_below_along_but_not_below_itself(infra: Infra) -> None:
    a, b, c = await chain(infra, 3)
    for target in (b, c):
        refused = await outcome(move_category(infra, on(b), CategoryMove(target.id)))
        assert problems(refused) == [("input.parentId", "is the category itself or below it")]
    moved = await move_category(infra, on(b), CategoryMove(None))
    assert (moved.parent_id, moved.version) == (None, 2)
    assert await parents(infra) == {"c0": None, "c1": None, "c2": b.id}
    back = await move_category(infra, on(moved), CategoryMove(a.id))
    assert await move_category(infra, on(back), CategoryMove(a.id)) == back
    assert await parents(infra) == {"c0": None, "c1": a.id, "c2": b.id}


async def test_the_tree_has_ten_levels_at_most(infra: Infra) -> None:
    ten = await chain(infra, 10)
    two = await chain(infra, 2, "d")
    too_deep = [("input.parentId", "makes the tree deeper than 10 levels")]
    assert problems(await outcome(create_category(infra, CategoryDraft("x", parent_id=ten[-1].id)))) == too_deep
    assert problems(await outcome(move_category(infra, on(two[0]), CategoryMove(ten[8].id)))) == too_deep
    assert (await move_category(infra, on(two[0]), CategoryMove(ten[7].id))).parent_id == ten[7].id


async def test_siblings_make_room(infra: Infra) -> None:
    root = await make(infra, "root")
    a, b, c = [await make(infra, name, root) for name in "abc"]
    assert await names_below(infra, root) == ["a", "b", "c"]
    moved = await move_category(infra, on(c), CategoryMove(position=0))
    assert await names_below(infra, root) == ["c", "a", "b"]
    assert (moved.version, moved.position) == (2, 0)
    await move_category(infra, on(a), CategoryMove())
    assert await names_below(infra, root) == ["c", "b", "a"]
    await move_category(infra, on(b), CategoryMove(root.id, position=2**31 - 1))
    assert await names_below(infra, root) == ["c", "a", "b"]
    refused = await outcome(move_category(infra, CategoryBased(a.id, 2), CategoryMove(position=-1)))
    assert problems(refused) == [("input.position", "must be 0 or more")]


async def test_moves_that_would_close_a_circle_together_do_not(infra: Infra) -> None:
    for size in (2, 3, 5):
        tops = [await make(infra, f"{size}-{n}") for n in range(size)]
        ring = zip(tops, [*tops[1:], tops[0]], strict=True)
        results = await asyncio.gather(
            *(outcome(move_category(infra, on(child), CategoryMove(parent.id))) for child, parent in ring)
        )
        refused = [result for result in results if not isinstance(result, CategoryDoc)]
        assert [problems(error) for error in refused] == [
            [("input.parentId", "is the category itself or below it")]
        ]
    await assert_a_tree(infra)


async def test_a_tree_that_many_change_at_once_stays_one_and_within_its_depth(infra: Infra) -> None:
    left, right = await chain(infra, 6, "l"), await chain(infra, 6, "r")
    moves = [(left[0], right[2]), (right[0], left[3]), (left[4], right[5]), (right[3], left[5]), (left[2], None)]
    await asyncio.gather(
        *(outcome(move_category(infra, on(c), CategoryMove(p.id if p else None))) for c, p in moves),
        *(outcome(create_category(infra, CategoryDraft(f"n{n}", parent_id=left[5].id))) for n in range(3)),
        outcome(archive_category(infra, on(left[5]))),
    )
    await assert_a_tree(infra)


async def assert_a_tree(infra: Infra) -> None:
    """From each category the root is reached in ten steps; nothing live is below what is archived."""
    everything = {category.id: category for category in await list_categories(infra, include_archived=True)}
    for category in everything.values():
        steps, above = 1, category
        while above.parent_id is not None:
            parent = everything[above.parent_id]
            assert above.archived or not parent.archived
            steps, above = steps + 1, parent
            assert steps <= 10, category.name
