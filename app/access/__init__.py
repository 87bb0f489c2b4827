"""Who may do what: keys and gateways, scopes, bound sources, rates; `guard.py` is the one place that decides."""
