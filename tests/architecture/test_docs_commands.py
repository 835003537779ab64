"""README and docs are executed: every ``$ medgraft …`` line and every Python block, in order, page by page.

A page runs in an empty folder that holds ``cohort/`` (a small phantom with a table), ``folders/`` (the
same as class folders), ``external/`` (a phantom of other patients) and ``new/`` (two pictures, unlabelled).
A block is left out only under ``<!-- not executed: reason -->``, which the test prints.
"""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"^(?:<!-- not executed: (?P<reason>.*?) -->\n)?```(?P<kind>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
SET_UP_BY_MAKE = {"setup", "demo", "test"}
NEVER_RUN_HERE = {"text", "toml", "json", ""}


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    kind: str
    body: str
    reason: str | None


def _blocks(page: Path) -> list[Block]:
    found = BLOCK.finditer(page.read_text("utf-8"))
    return [Block(item["kind"], item["body"], item["reason"]) for item in found]


def _commands(body: str) -> Iterator[list[str]]:
    """The ``$ …`` lines of a console block; a backslash continues one."""
    for line in body.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            yield shlex.split(line[2:], comments=True)


@pytest.fixture
def page_folder(tmp_path, monkeypatch, page):
    """The folder in which a page's commands run."""
    from medgraft.data.phantom.cohort import write_phantom

    small = {"images_per_patient": (2, 3), "size": 64}
    write_phantom(tmp_path / "cohort", patients=24, seed=1, **small)
    write_phantom(tmp_path / "folders", patients=24, seed=1, layout="folders", **small)
    write_phantom(tmp_path / "external", patients=10, seed=2, **small)
    (tmp_path / "new").mkdir()
    for picture in sorted((tmp_path / "external").rglob("*.png"))[:2]:
        shutil.copy(picture, tmp_path / "new" / picture.name)
    if "resnet50.pth" in page.read_text("utf-8"):
        _write_checkpoint(tmp_path / "resnet50.pth")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write_checkpoint(path: Path) -> None:
    """A checkpoint as torchvision writes it, with its own keys and head; random weights serve here."""
    import torch
    import torchvision

    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.save(torchvision.models.resnet50().state_dict(), path)


def _run(words: list[str], page: Path) -> None:
    from medgraft.cli.main import main

    if words[0] == "make" and set(words[1:2]) <= SET_UP_BY_MAKE:
        return
    assert words[0] == "medgraft", f"{page.name}: `{shlex.join(words)}` is not executed here: say why above the block"
    try:
        code = main(words[1:])
    except SystemExit as stop:
        code = stop.code
    assert not code, f"{page.name}: `{shlex.join(words)}` ended with {code}"


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_a_page_does_what_it_says(page, request):
    blocks = _blocks(page)
    for block in blocks:
        if block.reason:
            print(f"{page.name}: not executed: {block.reason}")
    runs = [b for b in blocks if not b.reason and b.kind not in NEVER_RUN_HERE]
    if not any(b.kind == "python" or any(c[0] != "make" for c in _commands(b.body)) for b in runs):
        return
    folder = request.getfixturevalue("page_folder")
    for number, block in enumerate(runs):
        if block.kind == "python":
            script = folder / f"block_{number}.py"
            script.write_text(block.body, "utf-8")
            runpy.run_path(str(script), run_name="docs")
        else:
            for words in _commands(block.body):
                _run(words, page)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_inside_the_repository_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_block_has_a_known_kind(page):
    known = {"console", "sh", "python", *NEVER_RUN_HERE}
    assert {block.kind for block in _blocks(page)} <= known


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_files_that_a_page_names_are_there(page):
    """As in "Where do I change…?"; ``a/b.py`` is how the mirror rule is explained."""
    named = re.findall(r"`((?:src|tests|docs|bench)/[^`*<>…]+?)`", page.read_text("utf-8"))
    missing = [name for name in named if "/a/" not in name and not (ROOT / name.split("::")[0]).exists()]
    assert not missing, f"{page.name} names files that are not there: {missing}"
