"""Writes what is generated in ``docs/strategies``: each page's config and measured part, and the table of the index.

    python tools/strategy_pages.py [--measured ROWS.json]

The config is that of the strategy's pydantic model. ``ROWS.json`` is what ``bench/strategies.py`` keeps; without it the
measured parts stay as they are. A page that is not there or lacks a marker is an error: its text is written by hand.
"""

import argparse
import json
import re
import types
import typing
from pathlib import Path

import annotated_types

from medgraft.experiment import config  # registers the strategies
from medgraft.transfer.strategies.strategy import STRATEGIES

PAGES = Path(__file__).resolve().parents[1] / "docs" / "strategies"
HEADINGS = ("The idea", "Paper", "Config", "When it helps", "When it hurts", "Measured here", "Command")
LIMITS = {
    annotated_types.Ge: ("ge", "at least"),
    annotated_types.Gt: ("gt", "above"),
    annotated_types.Le: ("le", "at most"),
    annotated_types.Lt: ("lt", "below"),
}
BASELINE = "linear-probe"


def names():
    """Every built-in strategy, by the alphabet."""
    return sorted(name for name in STRATEGIES if config)


def replaced(text, part, content):
    """``text`` with ``content`` between the markers of ``part``."""
    begin, end = f"<!-- {part}:begin -->", f"<!-- {part}:end -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise SystemExit(f"{begin} … {end} is needed once")
    return pattern.sub(lambda _: f"{begin}\n{content}\n{end}", text)


def table(head, rows):
    """Markdown; columns of numbers are told by a trailing colon of their title."""
    lines = [[title.rstrip(":") for title in head], ["---:" if title.endswith(":") else "---" for title in head], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def shown(value):
    """A default as ``--set`` takes it."""
    if value is None:
        return "not set"
    if value == "":
        return "empty"
    return f"`{json.dumps(value)}`" if not isinstance(value, str) else f"`{value}`"


def choices(field):
    """What an option may be: the choices of a literal, or the kind and range of a number."""
    kinds = [field.annotation]
    if typing.get_origin(field.annotation) in (typing.Union, types.UnionType):
        kinds = [kind for kind in typing.get_args(field.annotation) if kind is not type(None)]
    (kind,) = kinds
    if typing.get_origin(kind) is typing.Literal:
        return ", ".join(shown(choice) for choice in typing.get_args(kind))
    if kind is bool:
        return "`true`, `false`"
    if kind is str:
        return "text"
    limits = [
        f"{word} {getattr(limit, attribute):g}"
        for one, (attribute, word) in LIMITS.items()
        for limit in field.metadata
        if isinstance(limit, one)
    ]
    return ", ".join([{int: "integer", float: "number"}[kind], *limits])


def config_table(model):
    """The options of a strategy, its own before those that it shares; ``kind`` is its name and no option."""
    own = [name for name in model.model_fields if name in model.__annotations__]
    order = own + [name for name in model.model_fields if name not in own]
    rows = []
    for name in order:
        field = model.model_fields[name]
        if name != "kind":
            rows.append(
                [f"`{name}`", shown(field.default), choices(field), (field.description or "").replace("|", "∣")]
            )
    return table(["option", "default", "may be", "what it is"], rows)


def index_table():
    """One line a strategy."""
    rows = []
    for name in names():
        member = STRATEGIES.get(name)
        trains = "yes" if member.needs_network else "no"
        rows.append([f"[{name}]({name}.md)", member.__doc__.strip().split("\n")[0], trains])
    return table(["strategy", "in one line", "trains a network?"], rows)


def spread(estimate, sign=""):
    """Value and 95 % interval; a dash where there is none."""
    if estimate is None:
        return "–"
    return f"{estimate['value']:{sign}.3f} ({estimate['low']:{sign}.3f} to {estimate['high']:{sign}.3f})"


def cells(row):
    """AUROC, difference, AUROC in cross-validation and minutes of a row of the benchmark."""
    return [spread(row["auroc"]), spread(row["gap"], "+"), spread(row["cv"]), f"{row['minutes']:.1f}"]


def measured(name, kept):
    """The measured part of a page; ``None`` where nothing of it was measured."""
    rows = [[data, *cells(found[name])] for data, found in kept["rows"].items() if name in found]
    if not rows:
        return None
    told = kept["settings"]
    epochs = f", at most {told['epochs']} epochs" if STRATEGIES.get(name).needs_network else ""
    head = ["data", "AUROC, test", f"minus {BASELINE}", "AUROC, cross-validation", "minutes:"]
    text = (
        f"`{told['backbone']}` at {told['size']} px, one split (seed 0){epochs}; 95 % intervals, those of differences\n"
        "paired. Minutes leave out the features, which all strategies share. "
        "[All strategies side by side](../benchmarks.md#every-strategy)."
    )
    return "\n".join([table(head, rows), "", text])


def page_of(name, text, kept=None):
    """The page ``text`` of a strategy with its generated parts as they should be."""
    text = replaced(text, "config", config_table(STRATEGIES.get(name).Config))
    found = measured(name, kept) if kept else None
    return text if found is None else replaced(text, "measured", found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measured", type=Path)
    options = parser.parse_args()
    kept = json.loads(options.measured.read_text("utf-8")) if options.measured else None
    for name in names():
        page = PAGES / f"{name}.md"
        page.write_text(page_of(name, page.read_text("utf-8"), kept), "utf-8")
    index = PAGES / "README.md"
    index.write_text(replaced(index.read_text("utf-8"), "index", index_table()), "utf-8")


if __name__ == "__main__":
    main()
