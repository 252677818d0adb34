"""Who publishes memlint, and where: empty until somebody does; scripts/release refuses until then.

``python -m tests.documents`` writes them where documents, templates and metadata name them.
"""

OWNER = ""
"""The account on GitHub that the repository nginx-memlint is of."""

SITE = ""
"""Where the pages of docs/ are published: an address that ends with a slash."""

SECURITY_CONTACT = ""
"""The mail address that reports of vulnerabilities go to."""
