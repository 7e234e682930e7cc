"""What comes from the archive: packages, QEMU, the guest's userland, Xen."""
