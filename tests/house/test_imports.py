"""Imports run one way, and nothing that reaches the plant can be imported where a model thinks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import networkx as nx
import pytest

if TYPE_CHECKING:
    from .conftest import Module

# What of ours each package may import beside itself; the command line is where everything is put together.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "twinwright_gate": (),
    "twinwright_plant": (),
    "twinwright_prompts": (),
    "twinwright_tools": ("twinwright_gate.schema", "twinwright_gate.client"),
    "twinwright_agent": ("twinwright_tools", "twinwright_prompts"),
    "twinwright_evals": ("twinwright_agent", "twinwright_tools", "twinwright_prompts", "twinwright_plant"),
    "twinwright_cli": (
        "twinwright_agent",
        "twinwright_tools",
        "twinwright_prompts",
        "twinwright_plant",
        "twinwright_evals",
        "twinwright_gate",
    ),
}
FIELD_PROTOCOLS = (
    "asyncua",
    "opcua",
    "paho",
    "aiomqtt",
    "gmqtt",
    "pysparkplug",
    "pymodbus",
    "bacpypes3",
    "BAC0",
    "snap7",
    "pycomm3",
    "pydnp3",
    "iec104",
)
# The gate's executor writes and the collector reads, each in a process of its own; nobody else reaches a field device.
FIELD_HOLDERS = ("twinwright_gate.executor", "twinwright_tools.collect")
# The one module of the gate that knows the simulated plant; it is loaded by name, where an executor is told to use it.
PLANT_ADAPTER = "twinwright_gate.executor.plant_device"
MODEL_SDKS = ("anthropic", "openai", "langgraph", "langchain", "langchain_core", "mcp", "claude_agent_sdk")
ONLY_IN = {
    "anthropic": tuple(f"twinwright_agent.models.{name}" for name in ("claude", "schemas", "streaming", "failing")),
    "langgraph": ("twinwright_agent.loop", "twinwright_agent.checkpoints"),
    "opentelemetry": ("twinwright_agent.tracing",),
}
GATE_THIRD_PARTIES = {"cryptography", "pydantic", "pydantic_core", "rfc8785", "yaml"}


def begins(name: str, prefix: str) -> bool:
    """Whether a dotted name is a module or stands inside it."""
    return name == prefix or name.startswith(prefix + ".")


def test_every_package_has_a_rule(modules: dict[str, Module]) -> None:
    assert {module.package for module in modules.values()} == set(MAY_IMPORT)


def test_imports_run_one_way(modules: dict[str, Module]) -> None:
    wrong = [
        f"{module.where(one.line)} imports {one.name}"
        for module in modules.values()
        for one in module.imports()
        if one.name.startswith("twinwright_")
        and not (module.name == PLANT_ADAPTER and begins(one.name, "twinwright_plant"))
        and not any(begins(one.name, allowed) for allowed in (module.package, *MAY_IMPORT[module.package]))
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_nobody_imports_the_command_line(modules: dict[str, Module]) -> None:
    wrong = [
        module.where(one.line)
        for module in modules.values()
        if module.package != "twinwright_cli"
        for one in module.imports()
        if begins(one.name, "twinwright_cli")
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_field_protocols_stay_with_the_executor_and_the_collector(modules: dict[str, Module]) -> None:
    wrong = [
        f"{module.where(one.line)} imports {one.name}"
        for module in modules.values()
        if not any(begins(module.name, holder) for holder in FIELD_HOLDERS)
        for one in module.imports()
        if one.name.partition(".")[0] in FIELD_PROTOCOLS
    ]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_has_one_home(modules: dict[str, Module], library: str) -> None:
    wrong = [
        module.where(one.line)
        for module in modules.values()
        if not any(begins(module.name, home) for home in ONLY_IN[library])
        for one in module.imports()
        if begins(one.name, library)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_gate_imports_hardly_anything(modules: dict[str, Module]) -> None:
    allowed = set(sys.stdlib_module_names) | GATE_THIRD_PARTIES | {"twinwright_gate"}
    assert allowed.isdisjoint({*MODEL_SDKS, *FIELD_PROTOCOLS})
    wrong = [
        f"{module.where(one.line)} imports {one.name}"
        for module in modules.values()
        if module.package == "twinwright_gate"
        for one in module.imports()
        if one.name.partition(".")[0] not in allowed
        and not (module.name == PLANT_ADAPTER and begins(one.name, "twinwright_plant"))
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_tools_and_prompts_know_no_model(modules: dict[str, Module]) -> None:
    wrong = [
        f"{module.where(one.line)} imports {one.name}"
        for module in modules.values()
        if module.package in ("twinwright_tools", "twinwright_prompts", "twinwright_plant")
        for one in module.imports()
        if one.name.partition(".")[0] in MODEL_SDKS
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_there_are_no_import_cycles(modules: dict[str, Module]) -> None:
    graph: nx.DiGraph[str] = nx.DiGraph()
    for module in modules.values():
        for one in module.imports():
            target = one.name if one.name in modules else one.name.rpartition(".")[0]
            if not one.typing_only and target in modules and target != module.name:
                graph.add_edge(module.name, target)
    cycles = [sorted(group) for group in nx.strongly_connected_components(graph) if len(group) > 1]
    assert not cycles, "\n" + "\n".join(" ⇄ ".join(cycle) for cycle in cycles)


def test_only_the_executor_loads_what_writes_to_devices(modules: dict[str, Module]) -> None:
    holders = "twinwright_gate.executor"
    wrong = [
        f"{module.where(one.line)} imports {one.name}"
        for module in modules.values()
        if not begins(module.name, holders) and module.package != "twinwright_cli"
        for one in module.imports()
        if begins(one.name, holders) and not one.typing_only
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_auditor_shares_no_code_with_what_writes_the_log(modules: dict[str, Module]) -> None:
    writers = ("twinwright_gate.audit", "twinwright_gate.merkle", "twinwright_gate.heads", "twinwright_gate.desk")
    wrong = [
        f"{module.where(one.line)} imports {one.name}"
        for module in modules.values()
        if begins(module.name, "twinwright_gate.auditor")
        for one in module.imports()
        if any(begins(one.name, writer) for writer in writers)
    ]
    assert not wrong, "\n" + "\n".join(wrong)
