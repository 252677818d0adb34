"""One configuration all the way: from what is asked to a report."""
