"""The circles that import-linter's contract does not see: it compares siblings, and a package's own file has none
among what is in the package."""

import tomllib

import grimp

from tests.documents import ROOT

PACKAGES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]


def test_no_package_imports_what_imports_it() -> None:
    graph = grimp.build_graph(*PACKAGES)
    circles = [
        (package, imported)
        for package in sorted(graph.modules)
        if graph.find_children(package)
        for imported in sorted(graph.find_modules_directly_imported_by(package))
        if package in graph.find_upstream_modules(imported)
    ]
    assert circles == []
