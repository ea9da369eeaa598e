"""What the page of a case shows, put together from what is stored; no rule of its own.

==================  =====================================================================
`file.py`           everything that is known of a case, read at one moment
`timeline.py`       messages, replies, notes and what people did, in one order
`words.py`          a customer's words, cut where a flag marks them
`told.py`           the audit trail in plain words
`editor.py`         the reply that is being written: checks, parts, length, forms
`presence.py`       who else looks at a case now
`original.py`       a mail as it came: its HTML made safe, its bytes as a file
==================  =====================================================================
"""
