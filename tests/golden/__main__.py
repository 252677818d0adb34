"""Write all outputs anew."""

from __future__ import annotations

from tests.golden.cases import COMMANDS, OUTPUTS, TERMINALS, output

if __name__ == "__main__":
    OUTPUTS.mkdir(exist_ok=True)
    for old in OUTPUTS.iterdir():
        if old.name not in COMMANDS | TERMINALS:
            old.unlink()
    for name in (*COMMANDS, *TERMINALS):
        (OUTPUTS / name).write_text(output(name), "utf-8")
