"""The desk: pages for the people who answer complaints. It holds no rule of its own.

=================  ======================================================================
`app.py`           puts pages, guard and headers together
`access.py`        roles, permissions, and one table that says what each route needs
`parts.py`         what pages get: the database, the clock, the pack, the checks
`guard.py`         who asks, whether they may, and whether a change is theirs
`sessions.py`      who is signed in, and until when
`tokens.py`        secrets that only a browser knows
`passwords.py`     hashes, and which passwords are refused
`throttle.py`      how often a password may be tried
`second_factor.py` codes from an app
`openid.py`        a provider that vouches for people
`recognise.py`     whether somebody is who they say
`owners.py`        who can have a case
`looks.py`         notes who reads what customers wrote
`own_address.py`   the addresses that browsers send back to us
`page.py`          makes a page out of a template
`dates.py`         "3 hours ago", with the exact time behind it
`refusals.py`      what went wrong, as a page
`navigation.py`    the links on top of each page
`charts.py`        charts as SVG, and what reads in greyscale
`figures.py`       the overview as tables, and as sheets for others to reckon with
`api/`             the same as JSON, for programs
`pages/`           one module of routes for each part of the desk
=================  ======================================================================
"""
