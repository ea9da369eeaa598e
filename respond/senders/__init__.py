"""Where replies leave the house: one module a channel, all of them a `Sender` of `amends/ports.py`."""
