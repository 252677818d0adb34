"""Make the generated parts of the documents anew: ``python -m tests.documents``."""

from tests.documents.generated import with_parts
from tests.documents.pages import PAGES
from tests.documents.published import FILES, with_owner

for page in PAGES:
    page.path.write_text(with_parts(page.path.read_text("utf-8")), "utf-8")
for path in FILES:
    path.write_text(with_owner(path.read_text("utf-8")), "utf-8")
