"""The container image's recipe against the project it is made from."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
RECIPE = (ROOT / "deploy" / "Containerfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def copied() -> list[str]:
    """Sources that are copied out of the checkout."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", RECIPE, re.MULTILINE)
    return [source.rstrip("/") for line in lines for source in line.split()[:-1]]


def test_what_is_copied_exists() -> None:
    missing = [source for source in copied() if not (ROOT / source).exists()]
    assert not missing


def test_every_package_is_copied_and_no_whole_deploy_folder() -> None:
    packages = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) - {"deploy"}
    assert packages <= set(copied())
    # The operator's keys and passwords lie in deploy/.
    assert {source for source in copied() if source.startswith("deploy")} == {"deploy/__init__.py", "deploy/migrations"}


def test_packages_are_installed_by_hash() -> None:
    installed = re.findall(r"pip install (.+)", RECIPE)
    assert installed
    assert all("--require-hashes" in what or what == "--no-deps /tmp/dist/*.whl" for what in installed)


def test_it_runs_kap_as_nobody_in_particular() -> None:
    user = re.search(r"^USER (.+)$", RECIPE, re.MULTILINE)
    assert user
    assert user[1] not in {"root", "0", "0:0"}
    compose = (ROOT / "deploy" / "compose.yaml").read_text()
    assert f"CONTAINER_USER:-{user[1]}}}" in compose
    assert 'ENTRYPOINT ["kap"]' in RECIPE
    assert RECIPE.rindex("USER ") > RECIPE.rindex("RUN ")


def test_the_image_carries_the_projects_version() -> None:
    tag = f"kap-pathways:{PROJECT['project']['version']}"
    assert f"IMAGE  ?= {tag}\n" in (ROOT / "Makefile").read_text()
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    assert compose["services"]["workers"]["image"] == f"${{KAP_IMAGE:-{tag}}}"
