"""The desk for programs: the same commands and views as JSON, under `/api/v1`.

=================  ======================================================================
`app.py`           puts it together, and writes the OpenAPI document
`door.py`          who calls, by their token; how often; whether they may
`problems.py`      what went wrong, as `application/problem+json`
`once.py`          a change that is sent twice is done once
`pages.py`         lists in parts, each with a cursor to the next
`shapes.py`        what is answered
`asked.py`         what is asked
the others         the routes
=================  ======================================================================
"""
