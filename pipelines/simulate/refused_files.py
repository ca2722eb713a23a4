"""Which files must intake refuse as a whole: one of each kind of damage, with the error that a reader must get.

They lie beside the sources and never in an inbox folder, so that somebody can try them one at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass

REFUSED_FOLDER = "afvises"
"""The folder beside the sources, with a folder per source in it."""


@dataclass(frozen=True)
class RefusedFile:
    """A file to be refused: the source it pretends to be, the class of error (see errors.py), and in Danish what is wrong."""

    source: str
    file_name: str
    error_name: str
    explanation: str
    content: bytes


def refused_files(clean_files: Mapping[str, bytes]) -> tuple[RefusedFile, ...]:
    """The refused files, made from the clean files of a municipality; a source that it does not deliver gives none.

    `children` is a text file with semicolons, `institutions` and `sessions` are workbooks: see the usual layouts.
    """
    return (*_spoilt_text(clean_files["children"]), *_no_text_at_all(), *_spoilt_workbooks(clean_files))


def _spoilt_text(children: bytes) -> tuple[RefusedFile, ...]:
    header, first, *rest = children.decode("cp1252").splitlines()
    columns = header.split(";")
    nearly_all = columns[1:]  # the first is the CPR number, which must be there
    twice = [*columns, "Personnummer"]

    def refused(name: str, error_name: str, explanation: str, *lines: str) -> RefusedFile:
        return RefusedFile("children", name, error_name, explanation, _text(*lines))

    return (
        refused(
            "mangler_kolonne.csv", "MissingColumnError", "En kolonne, der skal være der, mangler.",
            ";".join(nearly_all), *(row.partition(";")[2] for row in (first, *rest)),
        ),
        refused(
            "to_kolonner_med_samme_betydning.csv", "AmbiguousHeaderError", "To kolonner betyder det samme.",
            ";".join(twice), *(f"{row};{row.partition(';')[0]}" for row in (first, *rest)),
        ),
        refused(
            "aabent_anfoerselstegn.csv", "UnclosedQuoteError", "Et anførselstegn er åbnet og aldrig lukket.",
            header, first.replace(";", ';"', 1), *rest,
        ),
        refused("kun_overskrifter.csv", "EmptyDeliveryError", "Der er overskrifter, men ingen rækker.", header),
        refused(
            "kun_tomme_raekker.csv", "EmptyDeliveryError", "Der er overskrifter, men rækkerne under dem er tomme.",
            header, *[";" * (len(columns) - 1)] * 3,
        ),
    )  # fmt: skip


def _text(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252")


def _no_text_at_all() -> tuple[RefusedFile, ...]:
    picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(64)
    old_workbook = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
    return (
        RefusedFile("children", "tom_fil.csv", "EmptyDeliveryError", "Filen er tom.", b""),
        RefusedFile("children", "billede.csv", "UnreadableFileError", "Filen er et billede, der hedder csv.", picture),
        RefusedFile(
            "children", "gammelt_regneark.xls", "UnreadableFileError",
            "Filen er et regneark fra før 2007 eller låst med adgangskode.", old_workbook,
        ),
    )  # fmt: skip


def _spoilt_workbooks(clean_files: Mapping[str, bytes]) -> tuple[RefusedFile, ...]:
    institutions = clean_files["institutions"]
    return (
        RefusedFile(
            "institutions", "afbrudt_overfoersel.xlsx", "UnreadableFileError",
            "Regnearket er kun overført halvt.", institutions[: len(institutions) // 2],
        ),
        RefusedFile(
            "measures", "forkert_kilde.xlsx", "MissingColumnError",
            "Filen med institutioner er lagt i mappen til indsatser.", institutions,
        ),
    )  # fmt: skip
