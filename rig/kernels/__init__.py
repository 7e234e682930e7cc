"""What runs in the guest and is compiled here: kernels, their modules, programs."""
