"""Recorded reloads of which preflight spoke and the kernel judged, as a table of the documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nginx_memlint.sizes import plural
from tests.nginx.reload_scenarios import is_false_alarm, is_short, is_wrong

RECORDING = Path(__file__).parent / "recordings" / "preflight-bookworm.json"


def rows() -> list[dict[str, Any]]:
    """The scenarios, as measured."""
    recorded: list[dict[str, Any]] = json.loads(RECORDING.read_text())["rows"]
    return recorded


def near(row: dict[str, Any]) -> bool:
    """Whether a limit is near to what was needed."""
    return bool(0.7 <= row["limit_ratio"] <= 1.3)


def _files(row: dict[str, Any]) -> str:
    """The change of the files, and how many reloads came after it."""
    return (
        f"{row['change']}, then {plural(row['since'], 'reload')}" if row["since"] else row["change"]
    )


def tables() -> str:
    """A summary, and a row for each scenario."""
    recorded = rows()
    survived = [row for row in recorded if not row["killed"]]
    alarms = [row for row in recorded if is_false_alarm(row)]
    beyond = [row for row in alarms if not near(row)]
    lines = [
        f"{len(recorded)} scenarios, {sum(map(near, recorded))} of them with a limit from 0.7 to "
        f"1.3 times the need. Said to fit, and killed: {sum(map(is_wrong, recorded))}. Needed more "
        f"than was said, whatever the limit: {sum(map(is_short, recorded))}. Said not to fit or "
        f"perhaps not, and survived: {len(alarms)}, of {len(survived)} that survived; "
        f"{len(alarms) - len(beyond)} of them in limits below 1.3 times the need.",
        "",
        "| configuration | allocator | W | reloads before | held | files | now, MiB | peak, MiB "
        "| said, MiB | ratio | limit | verdict | |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in recorded:
        said = row["before_kb"] + row["most_kb"]
        cells = [
            row["shape"],
            row["allocator"],
            str(row["workers"]),
            str(row["reloads"]),
            str(row["held"]),
            _files(row),
            *(f"{size / 1024:,.0f}" for size in (row["before_kb"], row["peak_kb"], said)),
            f"{said / row['peak_kb']:.2f}",
            f"{row['limit_ratio']:.2f}",
            row["verdict"],
            "killed" if row["killed"] else "survived",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
