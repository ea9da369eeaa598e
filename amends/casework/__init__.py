"""What people do to a case: commands as plain functions over a unit of work."""
