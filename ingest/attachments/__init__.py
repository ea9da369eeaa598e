"""Files that came with a message: what they are, whether they are kept, and whether a scanner finds harm in them.

===============  ==========================================================================
`sniff.py`       what the bytes say they are (pure)
`archive.py`     how large an archive would become, without unpacking it (pure)
`assess.py`      whether a file is kept, and what a person is told of it (pure)
`clamd.py`       asks a ClamAV daemon
`scan.py`        has what is kept scanned, sooner or later
===============  ==========================================================================
"""
