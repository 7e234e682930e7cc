"""The kernel's source at any commit, its objects, and what compilers say of them."""
