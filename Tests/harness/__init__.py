"""What the crash tests and the benchmarks share: a daemon of their own, its socket, and a view of its sandboxes that
does not come from the daemon. Python 3's standard library alone: an independent reader of the API and the store."""
