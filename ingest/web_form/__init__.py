"""The web form: a page that works without JavaScript, a JSON endpoint beside it, and files of filled-in forms.

===================  ===================================================================
`submission.py`      bytes in, domain `Submission` and `Message` out (pure)
`addition.py`        what is said on a status page, likewise (pure)
`webhook.py`         what other form tools send, and whether they signed it (pure); `hooks.py` what is known of them
`signs.py`           what speaks for a machine (pure)
`typed.py`           what was typed, and what is wrong with it (pure)
`cleaning.py`        which characters are taken away (pure)
`reception.py`       the way in that page and endpoint share
`allowance.py`       how many forms one address and one network may send
`uploads.py`         boxes and files of a request
`settings.py`        what can be set
`pages.py`           what people see; `status.py` the receipt and the status page
`api.py`             what programs call; `openapi.py` describes it
`notices.py`         the words of each refusal; `problem.py` writes them for programs
`http.py`            the headers of every answer
`app.py`             puts them together
===================  ===================================================================
"""
