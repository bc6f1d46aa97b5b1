"""A receiving trust's requirements and acceptance policies; decisions, plans and evidence."""
