"""Make the generated parts of the documents anew: ``python -m tests.documents``."""

from tests.documents.generated import with_parts
from tests.documents.pages import PAGES

for page in PAGES:
    page.path.write_text(with_parts(page.text), "utf-8")
