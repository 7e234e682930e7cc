"""The checks: run(ctx) of each yields (name, ok, detail)."""
