"""The rig: what it takes to run the kernel series, and to judge what came of it."""
