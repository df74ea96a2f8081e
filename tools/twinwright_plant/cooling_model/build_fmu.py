"""`python -m twinwright_plant.cooling_model.build_fmu PLANT`: the cooling loop's FMU, compiled into a plant folder.

It takes a C compiler and nothing else. The FMU holds a binary for the machine that built it; the same compiler makes
the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import quoteattr

HERE = Path(__file__).parent
SOURCE = HERE / "CoolingLoop.mo"
CODE = HERE / "cooling_loop.c"
NAME = "CoolingLoop"
COMPILERS = ("gcc", "cc", "clang")
_DECLARATION = re.compile(
    r"^  (parameter|input|output) Real (\w+)(?:\(([^)]*(?:\([^)]*\))?[^)]*)\))?(?: = (\S+))? \"([^\"]*)\";$",
    re.MULTILINE,
)
_ATTRIBUTE = re.compile(r"(\w+) = (?:\"([^\"]*)\"|([^,]+))")
Version = Literal[2, 3]


@dataclass(frozen=True, slots=True)
class Variable:
    """A declaration of the Modelica source: causality (parameter, input, output), unit, range, start, description."""

    causality: str
    name: str
    unit: str | None
    low: str | None
    high: str | None
    start: str | None
    description: str


def variables(source: str) -> list[Variable]:
    """The parameters, inputs and outputs that Modelica source declares, in its order."""
    found = []
    for causality, name, attributes, value, description in _DECLARATION.findall(source):
        told = {key: text or number for key, text, number in _ATTRIBUTE.findall(attributes)}
        start = value or told.get("start")
        found.append(Variable(causality, name, told.get("unit"), told.get("min"), told.get("max"), start, description))
    return found


def compiler() -> str | None:
    """The C compiler that would be used, or None where there is none."""
    return next((path for name in COMPILERS if (path := shutil.which(name))), None)


def build_fmu(target: Path, version: Version = 2, code: Path = CODE) -> Path:
    """Writes the FMU (FMI 2.0 or 3.0) of the C source to a file and returns it.

    Raises:
        RuntimeError: there is no C compiler, or it failed.
    """
    cc = compiler()
    if cc is None:
        raise RuntimeError(f"building the FMU takes a C compiler: one of {', '.join(COMPILERS)}")
    declared = variables(SOURCE.read_text(encoding="utf-8"))
    token = hashlib.sha256(SOURCE.read_bytes() + code.read_bytes() + bytes([version])).hexdigest()[:32]
    with tempfile.TemporaryDirectory() as scratch:
        header, library = Path(scratch) / "variables.h", Path(scratch) / "library"
        header.write_text(_header(declared, token), encoding="utf-8")
        command = [
            cc,
            "-shared",
            "-fPIC",
            "-O2",
            "-std=c99",
            "-fvisibility=hidden",
            "-ffile-prefix-map=" + scratch + "=.",
        ]
        words = [f"-DFMI_VERSION={version}", "-I", scratch, "-o", str(library), str(code), "-lm"]
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{cc} failed: {done.stderr.strip()}")
        binary = library.read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    description = _fmi2(declared, token) if version == 2 else _fmi3(declared, token)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("modelDescription.xml", description.encode()), (_binary(version), binary)):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return target


def _header(declared: Sequence[Variable], token: str) -> str:
    names = ", ".join(one.name for one in declared)
    starts = ", ".join(one.start or "0" for one in declared)
    text = f"enum {{ {names}, VARIABLES }};\nstatic const double START[VARIABLES] = {{ {starts} }};\n"
    return text + f'#define TOKEN "{token}"\n'


def _binary(version: Version) -> str:
    """Where a binary for this machine lies in an FMU (FMI 2.0.5 section 2.3, FMI 3.0.2 section 2.5.1.4)."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    system, suffix = {"darwin": ("darwin", "dylib"), "win32": ("windows", "dll")}.get(sys.platform, ("linux", "so"))
    old = {"linux": "linux64", "darwin": "darwin64", "windows": "win64"}
    # FMI 2 knows x86 alone; later tools look for the names of FMI 3 on other machines.
    folder = old[system] if version == 2 and machine == "x86_64" else f"{machine}-{system}"
    return f"binaries/{folder}/{NAME}.{suffix}"


def _units(declared: Sequence[Variable]) -> str:
    units = dict.fromkeys(one.unit for one in declared if one.unit)
    rows = "".join(f"    <Unit name={quoteattr(unit)}/>\n" for unit in units)
    return f"  <UnitDefinitions>\n{rows}  </UnitDefinitions>\n"


def _attributes(one: Variable) -> str:
    given = {"unit": one.unit, "min": one.low, "max": one.high, "start": one.start}
    return "".join(f" {name}={quoteattr(value)}" for name, value in given.items() if value is not None)


def _fmi2(declared: Sequence[Variable], token: str) -> str:
    rows = ""
    for reference, one in enumerate(declared):
        variability = "tunable" if one.causality == "parameter" else "continuous"
        rows += (
            f'    <ScalarVariable name="{one.name}" valueReference="{reference}" causality="{one.causality}"'
            f' variability="{variability}" description={quoteattr(one.description)}><Real{_attributes(one)}/>'
            "</ScalarVariable>\n"
        )
    places = [number for number, one in enumerate(declared, 1) if one.causality == "output"]
    outputs = "".join(f'<Unknown index="{place}"/>' for place in places)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<fmiModelDescription fmiVersion="2.0" modelName="{NAME}" guid="{token}" generationTool="twinwright_plant">\n'
        f'  <CoSimulation modelIdentifier="{NAME}" canHandleVariableCommunicationStepSize="true"/>\n'
        f"{_units(declared)}  <ModelVariables>\n{rows}  </ModelVariables>\n"
        f"  <ModelStructure><Outputs>{outputs}</Outputs><InitialUnknowns>{outputs}</InitialUnknowns></ModelStructure>\n"
        "</fmiModelDescription>\n"
    )


def _fmi3(declared: Sequence[Variable], token: str) -> str:
    kind = 'causality="independent" variability="continuous"'
    rows = f'    <Float64 name="time" valueReference="{len(declared)}" {kind}/>\n'
    for reference, one in enumerate(declared):
        variability = "tunable" if one.causality == "parameter" else "continuous"
        rows += (
            f'    <Float64 name="{one.name}" valueReference="{reference}" causality="{one.causality}"'
            f' variability="{variability}" description={quoteattr(one.description)}{_attributes(one)}/>\n'
        )
    places = [number for number, one in enumerate(declared) if one.causality == "output"]
    structure = "".join(f'<Output valueReference="{place}"/>' for place in places)
    structure += "".join(f'<InitialUnknown valueReference="{place}"/>' for place in places)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<fmiModelDescription fmiVersion="3.0" modelName="{NAME}" instantiationToken="{token}"'
        ' generationTool="twinwright_plant">\n'
        f'  <CoSimulation modelIdentifier="{NAME}" canHandleVariableCommunicationStepSize="true"/>\n'
        f"{_units(declared)}  <ModelVariables>\n{rows}  </ModelVariables>\n"
        f"  <ModelStructure>{structure}</ModelStructure>\n"
        "</fmiModelDescription>\n"
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m twinwright_plant.cooling_model.build_fmu", description=__doc__)
    parser.add_argument("plant", type=Path, help="the plant folder; the FMU lands in its simulation/")
    parser.add_argument("--fmi", type=int, choices=(2, 3), default=2, help="FMI version")
    asked = parser.parse_args()
    if not asked.plant.is_dir():
        parser.error(f"there is no folder {asked.plant}")
    try:
        print(build_fmu(asked.plant / "simulation" / f"{NAME}.fmu", 3 if asked.fmi == 3 else 2))
    except RuntimeError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
