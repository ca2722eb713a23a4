"""What is new since the last edition, told without giving a small number away?

An edition is the published structure (texts and protected tables) kept beside the report. Two editions are compared cell
by cell; a number is only named when both editions showed it and the correction moves at least as many children as the
disclosure rule asks for, because a correction of 3 children is itself a small count.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any, Final, Self

from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.errors import PublishError
from pipelines.publish.danish import cell_text, small_number, word_count
from pipelines.publish.section import Report

MOST_LINES: Final = 4
MOST_WORDS: Final = 60
DAYS_APART: Final = 28
"""Between the days that two editions count up to; our own choice: by then as many have come and gone as a small count hides."""

CUT_SHORT: Final = "Flere tal er ændret; se tabellerne."


@dataclass(frozen=True)
class Edition:
    """What a published report showed."""

    report_id: str
    published_on: date
    as_of_date: date
    answers: tuple[tuple[str, str], ...]
    tables: tuple[ProtectedTable, ...]

    @classmethod
    def of(cls, report: Report) -> Self:
        """The edition that publishing `report` makes."""
        return cls(
            report_id=report.report_id,
            published_on=report.published_on,
            as_of_date=report.as_of_date,
            answers=tuple((section.section_id, section.answer) for section in report.sections),
            tables=report.tables(),
        )

    def to_json(self) -> str:
        """The edition as it lies in the file."""
        plain = {
            "report_id": self.report_id,
            "published_on": self.published_on.isoformat(),
            "as_of_date": self.as_of_date.isoformat(),
            "answers": dict(self.answers),
            "tables": [table.to_dict() for table in self.tables],
        }
        return json.dumps(plain, ensure_ascii=False, indent=1)

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """The edition in `path`, or None when there is none yet.

        Raises:
            PublishError: the file is there and cannot be read.
        """
        if not path.exists():
            return None
        try:
            plain: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return cls(
                report_id=plain["report_id"],
                published_on=date.fromisoformat(plain["published_on"]),
                as_of_date=date.fromisoformat(plain["as_of_date"]),
                answers=tuple(plain["answers"].items()),
                tables=tuple(ProtectedTable.from_dict(table) for table in plain["tables"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise PublishError(
                f"Den forrige udgave ({path.name}) kan ikke læses ({type(error).__name__}). Flyt filen væk; så regnes "
                "rapporten som den første udgave."
            ) from None


def news_since(previous: Edition, report: Report, *, most_words: int = MOST_WORDS) -> tuple[str, ...]:
    """At most four lines, and `most_words` words, of what changed: new and dropped tables, new rows, corrected cells.

    Several new or dropped tables are counted in one line. What there is no room for is told by `CUT_SHORT`, which always stands:
    a long list of news must not keep a report from being published. The delivery table is left out: the stamp says it. A change
    that may not be told in numbers is told in words.
    """
    before = {table.table_id: table for table in previous.tables}
    now = {table.table_id: table for table in report.tables()}
    ours = [table for table in report.tables() if table.table_id != report.stamp.delivery_table().table_id]
    lines = [f"{table.title} er med for første gang." for table in ours if table.table_id not in before]
    lines += [f"{table.title} er ikke med længere." for name, table in before.items() if name not in now]
    if len(lines) > 1:
        lines = [f"{_how_many(len(lines)).capitalize()} tabeller er nye eller udgået."]
    is_correction = previous.as_of_date == report.as_of_date
    for table in ours:
        if table.table_id in before:
            lines += _table_news(before[table.table_id], table, is_correction=is_correction)
    return _within(lines, most_words)


def told_apart(previous: Edition, report: Report) -> str:
    """What to say to whoever publishes, where the two editions lie so close that one taken from the other tells of a few children.

    Empty where no shown count moved by so few, or where so many days lie between them that those who came and those who went no
    longer are a few. Nothing is refused: a wrong number must be mended the day it is found.
    """
    days = abs((report.as_of_date - previous.as_of_date).days)
    if days >= DAYS_APART or not any(_moved_by_few(previous, table) for table in report.tables()):
        return ""
    when = "samme dag som" if days == 0 else f"{days} {'dag' if days == 1 else 'dage'} fra"
    return (
        f"Obs: {report.title} er opgjort {when} den forrige udgave, og nogle tal er ændret med få børn. "
        "Læg ikke begge udgaver frem: Trækkes de fra hinanden, viser de små tal. Er den forrige lagt frem, så træk den tilbage."
    )


def _moved_by_few(previous: Edition, now: ProtectedTable) -> bool:
    before = next((table for table in previous.tables if table.table_id == now.table_id), None)
    if before is None:
        return False
    names, known = _naming_columns(before, now), {column.name for column in before.columns}
    earlier = {_labels(before, row, names): _by_name(before, row) for row in before.rows}
    counts = [column.name for column in now.columns if column.kind == "count" and column.name in known]
    return any(
        not _moved_enough(old[name], new[name], now.minimum_count)
        for row in now.rows
        if (old := earlier.get(_labels(now, row, names))) is not None
        for new in (_by_name(now, row),)
        for name in counts
        if old[name].status is new[name].status is CellStatus.SHOWN
    )


def _how_many(tables: int) -> str:
    """A word, never digits: a number of tables stands in no table, and no gate could let it through."""
    word = small_number(tables)
    return "mange" if word.isdigit() else word


def _within(lines: Sequence[str], most_words: int) -> tuple[str, ...]:
    """All the lines, or as many as leave room for the sentence that there are more."""
    if len(lines) <= MOST_LINES and sum(word_count(line) for line in lines) <= most_words:
        return tuple(lines)
    told: list[str] = []
    for line in lines[: MOST_LINES - 1]:
        if sum(word_count(each) for each in (*told, line, CUT_SHORT)) > most_words:
            break
        told.append(line)
    return (*told, CUT_SHORT)


def _table_news(before: ProtectedTable, now: ProtectedTable, *, is_correction: bool) -> Iterator[str]:
    names = _naming_columns(before, now)
    earlier = {_labels(before, row, names): row for row in before.rows}
    new_rows = [labels for row in now.rows if (labels := _labels(now, row, names)) not in earlier]
    if new_rows:
        yield f"{now.title}: {'en ny række' if len(new_rows) == 1 else 'nye rækker'} er med for første gang."
    known = {column.name for column in before.columns}
    for row in now.rows:
        labels = _labels(now, row, names)
        if labels not in earlier:
            continue
        old, new = _by_name(before, earlier[labels]), _by_name(now, row)
        for column in now.columns:
            if column.kind != "label" and column.name in known:
                yield from _cell_news(
                    " ".join(labels),
                    column,
                    old,
                    new,
                    is_correction=is_correction,
                    minimum_count=now.minimum_count,
                )


def _cell_news(
    labels: str,
    column: TableColumn,
    old: Mapping[str, Cell],
    new: Mapping[str, Cell],
    *,
    is_correction: bool,
    minimum_count: int,
) -> Iterator[str]:
    before, now = old[column.name], new[column.name]
    # A cell shown in one edition only says nothing: naming it would point at the number that is now hidden.
    if before.status is not CellStatus.SHOWN or now.status is not CellStatus.SHOWN:
        return
    was, is_now = cell_text(before, column), cell_text(now, column)
    if was == is_now:
        return
    verb = "rettet" if is_correction else "ændret"
    what = f"{labels}, {column.title.lower() if not column.title[:2].isupper() else column.title}"
    if may_name(column, old, new, minimum_count=minimum_count):
        yield f"{what}: {verb} fra {was.replace('%', 'procent')} til {is_now.replace('%', 'procent')}."
    else:
        yield f"{what}: {verb}."


def may_name(
    column: TableColumn,
    old: Mapping[str, Cell],
    new: Mapping[str, Cell],
    *,
    minimum_count: int = DisclosureRule.minimum_count,
) -> bool:
    """Whether both values of a changed cell may be told: the children that moved are 0 or at least `minimum_count`."""
    if column.kind == "number":
        return True
    if column.kind == "count":
        return _moved_enough(old[column.name], new[column.name], minimum_count)
    if column.kind == "share":
        counts = [name for name in (column.numerator, column.denominator) if name]
        return bool(counts) and all(
            name in old and name in new and _moved_enough(old[name], new[name], minimum_count) for name in counts
        )
    return False


def _moved_enough(before: Cell, now: Cell, minimum_count: int) -> bool:
    if not isinstance(before.value, (int, float)) or not isinstance(now.value, (int, float)):
        return False
    moved = abs(now.value - before.value)
    return moved == 0 or moved >= minimum_count


def _naming_columns(*tables: ProtectedTable) -> tuple[str, ...]:
    """The labels that say which row is which: those before the first number where they tell all rows apart, else every label.

    A label after the numbers is most often a finding ("ja", "inden for"), and a row whose finding has changed is no new row.
    """
    columns = tables[-1].columns
    first = tuple(column.name for column in takewhile(lambda column: column.kind == "label", columns))
    known = all({column.name for column in table.columns}.issuperset(first) for table in tables)
    if (
        first
        and known
        and all(len({_labels(table, row, first) for row in table.rows}) == len(table.rows) for table in tables)
    ):
        return first
    return tuple(column.name for column in columns if column.kind == "label")


def _labels(table: ProtectedTable, row: tuple[Cell, ...], names: Collection[str]) -> tuple[str, ...]:
    return tuple(str(cell.value) for cell, column in zip(row, table.columns, strict=True) if column.name in names)


def _by_name(table: ProtectedTable, row: tuple[Cell, ...]) -> dict[str, Cell]:
    return {column.name: cell for cell, column in zip(row, table.columns, strict=True)}
