"""The web form: a page that works without JavaScript, a JSON endpoint beside it, and files of filled-in forms.

===================  ===================================================================
`submission.py`      bytes in, domain `Submission` and `Message` out (pure)
`typed.py`           what was typed, and what is wrong with it (pure)
`cleaning.py`        which characters are taken away (pure)
`reception.py`       the way in that page and endpoint share
`allowance.py`       how many forms one address may send
`settings.py`        what can be set
`pages.py`           what people see
`api.py`             what programs call
`notices.py`         the words of each refusal; `problem.py` writes them for programs
`http.py`            the headers of every answer
`app.py`             puts them together
===================  ===================================================================
"""
