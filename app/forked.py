"""What extraction processes begin with: the text libraries, loaded once in the process that they are all forked from.

multiprocessing's fork server imports this module when it starts, so that a process which replaces one that was broken is
there in a moment and not in seconds, and shares what they all only read.
"""

import os

from app.extraction import Pipeline, warm_up
from app.pipeline.background import DEFAULT
from app.processes import collect_rarely

SERVER: int = os.getpid()
"""The fork server, whose children's parent it is."""

warm_up(Pipeline().full, DEFAULT)
collect_rarely()
