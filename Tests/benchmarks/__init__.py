"""What Tests/bench can run: a module each, with `BACKENDS` (where it makes sense) and `run(options, report)`. Each
measures its peer or floor beside it, in turns, in the same run."""
