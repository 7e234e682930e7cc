/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_DMA_MADDR_H
#define _LINUX_DMA_MADDR_H

#define dma_maddr_translated(dev) 0

#endif
