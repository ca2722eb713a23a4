"""One municipality's folder: inbox, archive, warehouse, reports, keys and settings."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.contracts import load_contracts
from pipelines.errors import UnknownSourceError, WorkspaceError
from pipelines.keys import Keys, derive_keys, new_master_key, read_master_key, write_key_file
from pipelines.municipalities import read_profile
from pipelines.settings import Settings, read_settings

SETTINGS_FILE = "trappen.toml"
KEY_FILE = "trappen.key"


@dataclass(frozen=True)
class Workspace:
    """The paths, settings and keys of one municipality. Made by `create_workspace`, opened by `open_workspace`."""

    root: Path
    settings: Settings
    keys: Keys

    @property
    def inboxes(self) -> Path:
        """The folder that holds one inbox per source."""
        return self.root / "inbox"

    def inbox(self, source: str) -> Path:
        """Where deliveries of one source are put. Raises UnknownSourceError."""
        if source not in load_contracts("source"):
            raise UnknownSourceError(
                f"Kilden '{source}' kendes ikke. Brug en af disse: {', '.join(load_contracts('source'))}."
            )
        return self.inboxes / source

    @property
    def archive(self) -> Path:
        """Encrypted deliveries, one file each."""
        return self.root / "archive"

    @property
    def warehouse(self) -> Path:
        """The encrypted DuckDB file."""
        return self.root / "warehouse.duckdb"

    @property
    def lock_file(self) -> Path:
        """Our own lock: who writes to the warehouse."""
        return self.root / "warehouse.lock"

    @property
    def temporary(self) -> Path:
        """Spill files and notebook runs; emptied at start."""
        return self.root / "temporary"

    @property
    def error_lists(self) -> Path:
        """Lists of rejected rows, one per delivery, for the sender."""
        return self.root / "error_lists"

    @property
    def reports(self) -> Path:
        """Published reports, one folder each."""
        return self.root / "reports"

    @property
    def data_docs(self) -> Path:
        """Great Expectations' Data Docs."""
        return self.root / "data_docs"

    @property
    def logs(self) -> Path:
        """Machine-readable run logs."""
        return self.root / "logs"

    def empty_temporary(self) -> None:
        """Remove whatever an earlier run left in the temporary folder."""
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir(mode=0o700)


def create_workspace(
    root: Path, *, profile: str, municipality_name: str, is_constructed: bool, settings_text: str = ""
) -> Workspace:
    """Make the folder: an inbox per source, archive, settings and a new key; returns it opened.

    `profile` is the name of one that comes with the program, or the path of a TOML file, which is copied into the workspace.
    `settings_text` is TOML appended to the settings file.

    Raises:
        WorkspaceError: the folder exists and is not empty, or the profile is unknown.
    """
    given = Path(profile) if profile.endswith(".toml") else None
    read_profile(given or profile)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise WorkspaceError(f"{root} findes allerede og er ikke en tom mappe. Vælg en ny mappe.")
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o700)  # also an empty folder that was there before: its inboxes hold unencrypted deliveries
    for source in load_contracts("source"):
        (root / "inbox" / source).mkdir(parents=True)
    for folder in ("archive", "temporary", "error_lists", "reports", "logs"):
        (root / folder).mkdir(mode=0o700)
    (root / SETTINGS_FILE).write_text(
        _SETTINGS_TEMPLATE.format(
            name=json.dumps(municipality_name, ensure_ascii=False),
            profile=given.stem if given else profile,
            is_constructed=str(is_constructed).lower(),
        )
        + settings_text,
        encoding="utf-8",
    )
    if given:
        shutil.copyfile(given, root / given.name)
    (root / ".gitignore").write_text("*\n", encoding="utf-8")
    write_key_file(root / KEY_FILE, new_master_key())
    return open_workspace(root)


def open_workspace(root: Path, environment: Mapping[str, str] = os.environ) -> Workspace:
    """The workspace in `root`.

    Raises:
        WorkspaceError: there is no trappen.toml in the folder.
        SettingsError: the settings are wrong.
        WrongKeyError: the key cannot be read.
    """
    if not (root / SETTINGS_FILE).is_file():
        raise WorkspaceError(
            f"{root} er ikke en arbejdsmappe: {SETTINGS_FILE} mangler. Lav en med: trappen init MAPPE --profile PROFIL"
        )
    settings = read_settings(root / SETTINGS_FILE)
    _ = settings.profile  # wrong rules are told before anything is read
    return Workspace(root.resolve(), settings, derive_keys(read_master_key(root / KEY_FILE, environment)))


_SETTINGS_TEMPLATE = """\
# Indstillinger for denne arbejdsmappe. Linjer med # foran viser standardværdien.

[municipality]
name = {name}
profile = "{profile}"
is_constructed = {is_constructed}
# code = ""                      # kommunens tre cifre, fx "101", som leverancerne kalder den; tomt: den kode, navnet har

# [intake]
# keep_in_inbox = false          # true lader den ukrypterede fil blive liggende i indbakken

# [ladder]
## En egen trappe ved siden af den nationale står i egen_trappe.csv her i mappen (kolonner: spor;slags;kode;trin;titel).
# grace_gap_days = 30            # så mange dage må der gå mellem to indsatser, før trinnet regnes for lukket
# rung_one_open_days = 90        # så længe står trin 1 åbent efter det sidste møde om barnet

# [key_figures]
# reference_day = "30-09"        # dag og måned, Indsatstrappens Nøgletal gøres op på; året er de 12 måneder, der slutter dér

# [meetings]                     # dage, hvor der ikke ventes møder: skolernes ferier, som kommunen selv sætter dem
# summer_first = "25-06"
# summer_last = "08-08"
# christmas_first = "22-12"
# christmas_last = "02-01"
# autumn_week = 42               # ugenummer; 0: ingen
# winter_week = 7                # ugenummer; 0: ingen
# has_easter_pause = true        # fra lørdag før palmesøndag til og med 2. påskedag
## Flere dage uden møder: fjern ##, og skriv første og sidste dag; ét afsnit for hver.
## [[meetings.pauses]]
## first = 2026-05-15
## last = 2026-05-15

# [map]
## Et kort over distrikterne lægges i distrikter.geojson her i mappen (GeoJSON i WGS84 eller EPSG:25832, én flade pr. distrikt).
# district_property = "district_code"   # den egenskab ved fladen, der holder distriktets kode

# [sdq]
# window_days_minimum = 90       # mindste afstand mellem første og anden måling
# window_days_maximum = 270      # største afstand
# norm_set = ""                  # normsæt, fx "uk_3_bands"; tomt: ingen bånd, kun point og ventet ændring
# norm_set_beside = ""           # et andet normsæt at vise ved siden af
# reliable_change_reliability = "alpha"   # "alpha": usikkerhed alene; "retest": også det, der svinger af sig selv
# reliable_change_z = 1.96       # så mange gange usikkerheden skal et barns ændring være

## En klar ændring regnes ud fra spredning og sammenhæng hos børn i almindelighed. Fjern ## for at bruge egne tal; ét afsnit for
## hver udfylder.
## [[sdq.reliable_change]]
## informant = "parent"
## population_sd_points = 5.4     # spredning på det samlede tal
## reliability = 0.82             # alfa eller gentagelse, som valgt ovenfor
## source = "hvilke børn og hvilken undersøgelse; står i rapporten"

## Ventet ændring uden indsats er en antagelse, til kommunen har målt den: regn anden måling ud fra første (lineær regression)
## hos børn, der er målt to gange uden indsats, med samme udfylder og samme afstand. Fjern ## for at bruge egne tal;
## ét afsnit for hver udfylder (parent, teacher, self). De to linjer om alder og køn kan udelades.
## [[sdq.expectation]]
## informant = "parent"
## intercept_points = 2.6         # ventet anden måling, når første er 0 (og alder 0, pige)
## per_first_point = 0.65         # så meget højere for hvert point ved første måling
## residual_sd_points = 4.1       # spredning omkring linjen
## per_year_of_age = 0.0          # for hvert helt år ved første måling
## boy_points = 0.0               # lagt til for drenge
## source = "hvem der målte, hvor og hvornår, og hvor mange børn uden indsats; står i rapporten"

# [disclosure]
# minimum_count = 5              # antal under dette skjules
# minimum_group_children = 10    # så mange børn skal der mindst være bag et gennemsnit
# minimum_institutions = 2       # og så mange institutioner

# [evidence]
# smallest_relevant_percentage_points = 1.0   # mindre forskelle end det kaldes stort set uændret
# minimum_follow_up_pct = 70.0                # så mange børn skal have to målinger
# minimum_same_informant_pct = 90.0           # og så mange skal være målt af samme slags udfylder
"""
