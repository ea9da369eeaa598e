"""The steps that build and change the database, oldest first, run by Alembic."""
