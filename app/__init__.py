"""Dateline takes raw syndicated articles in over HTTP and serves author, date and topic lists out of Postgres.

A body enters through `intake` (stored with its job in one commit), waits in `queue`, is read by `formats` and
normalised by `pipeline` (both pure), is written by `store` in the transaction that ends the job, and is read by
`query`. The two doors are `main.py` (HTTP) and `worker.py`; `cli.py` starts either, `extractor.py` has the walled-off
processes where strangers' text is worked on, `db.py` the one place that commits, `embedded.py` the Postgres that
a single machine gets for nothing, `settings.py` every knob, `errors.py` every way to say no.
"""

__version__ = "0.1.0"
