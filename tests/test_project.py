"""The project itself: what is pinned, what is packaged, what the Makefile offers, what the files give away."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = ["schemas", "workflows", "activities", "workers", "clients", "deploy"]
LOCKS = ["runtime", "dev", "build"]


def pinned(lock: str) -> dict[str, str]:
    """Requirements of a lock file: name → version, marker and hashes, as written."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    logical = re.sub(r"\s*\\\n\s*", " ", text).splitlines()
    entries = [line.partition("==") for line in logical if line.strip() and not line.lstrip().startswith("#")]
    return {name: rest for name, _, rest in entries}


def normalised(requirement: str) -> str:
    """The name in a requirement such as ``Pydantic_Settings>=2``, as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~\[; ]", requirement)[0]).lower()


def own_files() -> Iterator[Path]:
    """Every text file of the project, without caches, built things and what an operator keeps in deploy/."""
    folders = [*PACKAGES, "tests", "docs", "requirements", ".ci"]
    inside = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    for path in [*ROOT.glob("*"), *inside]:
        unlike = {"__pycache__", "secrets", ".hypothesis"} & set(path.relative_to(ROOT).parts)
        if path.is_file() and not unlike and path.name != ".env" and path.suffix != ".pyc":
            yield path


@pytest.mark.parametrize("lock", LOCKS)
def test_requirements_are_pinned_with_hashes_and_without_addresses(lock: str) -> None:
    entries = pinned(lock)
    assert entries
    for name, rest in entries.items():
        assert re.fullmatch(r"[\w.+!-]+( ;.*?)?( --hash=sha256:[0-9a-f]{64})+", rest), name
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-(i|f|-(extra-)?index-url|-find-links|-trusted-host)\b", text, re.MULTILINE)


def test_what_is_asked_for_is_pinned() -> None:
    project = PROJECT["project"]
    extras = [one for extra in ("local", "dev") for one in project["optional-dependencies"][extra]]
    assert {normalised(one) for one in project["dependencies"]} <= set(pinned("runtime"))
    assert {normalised(one) for one in [*project["dependencies"], *extras]} - {"kap-pathways"} <= set(pinned("dev"))
    assert "hatchling" in pinned("build")


@pytest.mark.parametrize("lock", ["runtime", "build"])
def test_development_has_the_versions_of_production(lock: str) -> None:
    assert pinned(lock).items() <= pinned("dev").items()


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_are_declared_as_dependencies(package: str) -> None:
    declared = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["local"]]
    # These are part of how temporalio, pydantic and typer are used, and come with them in the version that fits.
    allowed = {normalised(one) for one in declared} | {"protobuf", "pydantic-core", "click"}
    distributions = packages_distributions()
    for path in (ROOT / package).rglob("*.py"):
        for module in imported(path) - set(sys.stdlib_module_names) - set(PACKAGES):
            assert {normalised(one) for one in distributions.get(module, [module])} & allowed, f"{path}: {module}"


def imported(path: Path) -> set[str]:
    """Top-level names of the modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_the_wheel_holds_the_packages_and_nothing_else(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (entry_points,) = (archive.read(name).decode() for name in names if name.endswith("entry_points.txt"))
    metadata = {name for name in names if ".dist-info/" in name}
    expected = {str(path.relative_to(ROOT)) for path in own_files() if path.relative_to(ROOT).parts[0] in PACKAGES}
    assert set(names) - metadata == expected
    assert {name.split("/")[0] for name in expected} == set(PACKAGES)
    assert "kap = clients.cli:main" in entry_points
    for needed in (r"schemas/protocols/.+\.yaml", r"deploy/migrations/.+\.sql"):
        assert any(re.fullmatch(needed, name) for name in names), needed


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_make_alone_lists_every_target() -> None:
    listing = subprocess.run(["make"], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    listed = set(re.findall(r"^  ([a-z]+) +\S", listing, re.MULTILINE))
    assert listed == makefile_targets()
    assert listed >= {"help", "install", "demo", "test", "check", "bench", "requirements", "image", "clean"}


def test_documents_name_only_targets_that_exist() -> None:
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "deploy" / "README.md"]:
        commands = re.findall(r"`make (\w+)|^make (\w+)", document.read_text(), re.MULTILINE)
        assert {one or other for one, other in commands} <= makefile_targets(), document.name


def test_no_file_gives_away_the_machine_it_was_written_on() -> None:
    places = {str(place) for place in (ROOT, Path.home(), Path(sys.prefix), Path(sys.base_prefix))} - {"/", "/usr"}
    pattern = re.compile("|".join(rf"(?<![\w.-]){re.escape(place)}(?![\w-])" for place in places))
    for path in own_files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found = pattern.search(text)
        assert found is None, f"{path.relative_to(ROOT)}: {found}"
