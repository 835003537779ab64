"""Every strategy has one page in ``docs/strategies``, and what is generated there is what the code says."""

from __future__ import annotations

import importlib.util
import itertools
import re
import shlex
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from medgraft.experiment.config import resolve_config
from medgraft.transfer.strategies.strategy import STRATEGIES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "strategies"
LONGEST, WIDEST = 80, 150
"""Lines of a page, a screen or two; characters of a line outside of tables."""


def _tool():
    spec = importlib.util.spec_from_file_location("strategy_pages", ROOT / "tools" / "strategy_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = _tool()
NAMES = TOOL.names()


def test_each_strategy_has_a_page_and_each_page_a_strategy():
    assert {page.stem for page in FOLDER.glob("*.md")} == {*NAMES, "README"}


@pytest.fixture
def text(name):
    return (FOLDER / f"{name}.md").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_generated_parts_are_what_the_config_says(name, text):
    assert TOOL.page_of(name, text) == text, "run: python tools/strategy_pages.py"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_its_headings_in_order_and_something_under_each(name, text):
    title, *parts = re.split(r"^## ", text, flags=re.M)
    assert title.strip() == f"# {name}"
    assert tuple(part.split("\n")[0] for part in parts) == TOOL.HEADINGS
    assert all(part.partition("\n")[2].strip() for part in parts)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_a_screen_or_two(name, text):
    lines = text.splitlines()
    assert len(lines) <= LONGEST
    assert max(len(line) for line in lines if not line.startswith("|")) <= WIDEST
    idea = text.partition("## The idea\n\n")[2].partition("\n\n## ")[0]
    assert 3 <= len(idea.splitlines()) <= 6


@pytest.mark.parametrize("name", NAMES)
def test_papers_are_those_that_the_code_names(name, text):
    """The year of every source that the module names stands in the page's citations, or a year beside it (a preprint,
    proceedings that came later)."""
    module = importlib.import_module(STRATEGIES.get(name).__module__)
    told = re.sub(r"\s+", " ", module.__doc__).partition("Source")[2]
    years = {int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", told)}
    paper = text.partition("## Paper\n")[2].partition("\n## ")[0]
    cited = {int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", paper)}
    assert years and years <= cited


@pytest.mark.parametrize("name", NAMES)
def test_its_command_is_of_this_strategy_and_its_options_exist(name, text):
    (command,) = re.findall(r"^\$ (.+)$", text, re.M)
    words = shlex.split(command)
    assert words[:2] == ["medgraft", "fit"] and (name == "linear-probe" or name in words)
    sets = [after for before, after in itertools.pairwise(words) if before == "--set"]
    assert resolve_config(sets=sets, flags={"strategy.kind": name}).strategy["kind"] == name


def test_the_index_has_every_strategy():
    text = (FOLDER / "README.md").read_text("utf-8")
    assert TOOL.replaced(text, "index", TOOL.index_table()) == text, "run: python tools/strategy_pages.py"


class Shared(BaseModel):
    shared: Annotated[float, Field(ge=0, lt=1, description="of both")] = 0.5


class Planted(Shared):
    kind: Literal["planted"] = "planted"
    way: Annotated[Literal["left", "right"], Field(description="left | right")] = "left"
    k: Annotated[int | None, Field(ge=1, description="how many")] = None
    on: bool = True
    name: str = ""


def test_a_config_becomes_a_table():
    assert TOOL.config_table(Planted).splitlines()[2:] == [
        "| `way` | `left` | `left`, `right` | left ∣ right |",
        "| `k` | not set | integer, at least 1 | how many |",
        "| `on` | `true` | `true`, `false` |  |",
        "| `name` | empty | text |  |",
        "| `shared` | `0.5` | number, at least 0, below 1 | of both |",
    ]


def test_what_was_measured_is_written_between_its_markers():
    found = {"value": 0.9, "low": 0.8, "high": 0.95}
    row = {"auroc": found, "gap": {"value": -0.01, "low": -0.02, "high": 0.01}, "cv": None, "minutes": 1.26}
    kept = {"settings": {"backbone": "b", "size": 64, "epochs": 5}, "rows": {"busi": {"lp-ft": row}}}
    text = (FOLDER / "lp-ft.md").read_text("utf-8")
    page = TOOL.page_of("lp-ft", text, kept)
    assert "| busi | 0.900 (0.800 to 0.950) | -0.010 (-0.020 to +0.010) | – | 1.3 |" in page
    assert "`b` at 64 px" in page and "at most 5 epochs" in page
    other = (FOLDER / "ridge.md").read_text("utf-8")
    assert TOOL.page_of("ridge", other, kept) == other


def test_a_page_without_markers_is_told():
    with pytest.raises(SystemExit, match="config:begin"):
        TOOL.page_of("ridge", "# ridge\n")
