"""How kernels are compiled: as ``schemas.compiled`` says, for the edge and the generator compile some too."""

from schemas.compiled import Whole, inlined, kernel, loop

__all__ = ["Whole", "inlined", "kernel", "loop"]
