"""Make the generated parts of the documents anew: ``python -m tests.documents``."""

from tests.documents.generated import RULE_PAGES, with_parts
from tests.documents.pages import PAGES
from tests.documents.pictures import PICTURES
from tests.documents.published import FILES, with_owner

for path, part in RULE_PAGES.items():
    path.write_text(f"<!-- {part} -->\n<!-- end of {part} -->\n", "utf-8")
for path in {page.path for page in PAGES if page.path.parent.name == "rules"} - RULE_PAGES.keys():
    path.unlink()
for path in (*{page.path for page in PAGES} | RULE_PAGES.keys(), *FILES):
    if path.exists():
        path.write_text(with_owner(with_parts(path.read_text("utf-8"))), "utf-8")
for path, draw in PICTURES.items():
    path.write_text(draw(), "utf-8")
