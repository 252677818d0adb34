"""Make the generated parts of the documents anew.

python -m tests.documents                  # what follows from the program's tables
python -m tests.documents --predictions    # and what is said of every recorded configuration
"""

import argparse

from tests.documents.generated import PREDICTIONS, RULE_PAGES, with_parts
from tests.documents.pages import PAGES
from tests.documents.pictures import PICTURES
from tests.documents.published import FILES, with_owner
from tests.nginx import judged_reloads, reload_scenarios

parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.add_argument(
    "--predictions",
    action="store_true",
    help="also make the tables and pictures of predictions, which takes a minute",
)
asked = parser.parse_args()

if asked.predictions:
    reload_scenarios.judge_again(judged_reloads.RECORDING)
for path, part in RULE_PAGES.items():
    if not path.exists():
        path.write_text(f"<!-- {part} -->\n<!-- end of {part} -->\n", "utf-8")
for path in {page.path for page in PAGES if page.path.parent.name == "rules"} - RULE_PAGES.keys():
    path.unlink()
for path in (*{page.path for page in PAGES} | RULE_PAGES.keys(), *FILES):
    if path.exists():
        text = with_parts(path.read_text("utf-8"), () if asked.predictions else PREDICTIONS)
        path.write_text(with_owner(text), "utf-8")
for path, draw in PICTURES.items() if asked.predictions else ():
    path.write_text(draw(), "utf-8")
