"""Does the installed wheel do what the checkout does: assets inside, `trappen demo` from an empty folder elsewhere?"""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def build_wheel(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder), str(REPOSITORY)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


def test_the_wheel_runs_the_demo_elsewhere(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path)
    names = zipfile.ZipFile(wheel).namelist()
    for folder in ("sql", "data_contracts", "notebooks", "reports"):
        assert any(name.startswith(f"pipelines/shipped/{folder}/") for name in names)

    # a new environment that sees the dependencies, but not the checkout
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    packages = next(environment.glob("lib/python3*/site-packages"), environment / "Lib" / "site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(environment), "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    done = subprocess.run(
        [
            str(environment / "bin" / "trappen"),
            "demo",
            "--quiet",
            "--children",
            "1500",
            "--out",
            str(tmp_path / "demo"),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    reports = [Path(line) for line in done.stdout.split() if line.endswith(".html")]
    assert len(reports) == 2
    assert all(path.is_file() for path in reports)
