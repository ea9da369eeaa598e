"""What every page and endpoint of ours stands behind.

============  =================================================
`http.py`     caps on bodies, headers on answers
`sender.py`   who stands behind an address
`files.py`    style sheets and pictures that a browser may keep
`serve.py`    runs an app until it is told to stop
============  =================================================
"""
