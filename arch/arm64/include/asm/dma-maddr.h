#include <xen/arm/dma-maddr.h>
