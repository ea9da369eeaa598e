"""The queue at the desk: what is asked for in an address, what each link shows, and what is new.

==============  ==========================================================
`asked.py`      reads a page's address and writes those of its links
`links.py`      the filters and views as links, with how many stand behind
`standing.py`   keeps the counts for as long as they were dear to make
`news.py`       one look at the database for all pages that are open
==============  ==========================================================
"""
