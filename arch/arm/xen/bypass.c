// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which devices Xen's IOMMU protects, as the device tree says. For arm and arm64.
 *
 * For such a device Xen maps the domain's own frames, granted ones included, so
 * that a pfn is what it has to be given. It says so in one of two ways, for itself
 * or at the PCI host bridge that it is behind:
 *
 *	xen,iommu = "on";
 *	iommus = <&xen_iommu 0>;	or iommu-map, to a node xen,iommu-el2-v1
 *
 * Xen does not tell by itself. What is not clear is taken for no: a translated
 * address is right for a protected device of a directly mapped domain, too, as Xen
 * maps granted frames under their own number there as well.
 */

#include <linux/device.h>
#include <linux/dma-maddr.h>
#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/jump_label.h>
#include <linux/of.h>
#include <linux/pci.h>
#include <linux/string.h>

#include <xen/swiotlb-xen.h>
#include <xen/xen.h>

#define XEN_IOMMU_PROPERTY	"xen,iommu"
#define XEN_IOMMU_COMPATIBLE	"xen,iommu-el2-v1"

/* What a node says in one of the two ways. */
enum xen_iommu_word { SAYS_NOTHING, SAYS_OFF, SAYS_ON, SAYS_NONSENSE };

static struct device_node *bridge_node(struct device *dev)
{
	dev = pci_find_host_bridge(to_pci_dev(dev)->bus)->dev.parent;
	return dev ? dev->of_node : NULL;
}

/* The node that speaks for a device: its own, or its PCI host bridge's. */
static struct device_node *speaker(struct device *dev)
{
	if (!dev_is_pci(dev) || of_property_present(dev->of_node, XEN_IOMMU_PROPERTY))
		return dev->of_node;
	return bridge_node(dev);
}

static enum xen_iommu_word property_says(const struct device_node *np)
{
	const char *value;

	if (!of_property_present(np, XEN_IOMMU_PROPERTY))
		return SAYS_NOTHING;
	if (of_property_read_string(np, XEN_IOMMU_PROPERTY, &value))
		return SAYS_NONSENSE;
	if (!strcmp(value, "on"))
		return SAYS_ON;
	return strcmp(value, "off") ? SAYS_NONSENSE : SAYS_OFF;
}

/* The IOMMUs that the device tree names for a device. */
struct named_iommus {
	bool xen;	/* the node for Xen's */
	bool other;	/* one that is left to this domain */
};

static void count_iommu(struct named_iommus *named, struct of_phandle_args *spec)
{
	if (of_device_is_compatible(spec->np, XEN_IOMMU_COMPATIBLE))
		named->xen = true;
	else if (of_device_is_available(spec->np))
		named->other = true;
	of_node_put(spec->np);
}

static struct named_iommus named_iommus(struct device *dev,
					const struct device_node *np)
{
	struct named_iommus named = {};
	struct of_phandle_args spec = {};
	int i;

	if (dev_is_pci(dev)) {
		if (!of_map_iommu_id(bridge_node(dev),
				     pci_dev_id(to_pci_dev(dev)), &spec))
			count_iommu(&named, &spec);
		return named;
	}

	for (i = 0; !of_parse_phandle_with_args(np, "iommus", "#iommu-cells", i,
						&spec); i++)
		count_iommu(&named, &spec);
	return named;
}

static void report(struct device *dev, const struct device_node *np,
		   enum xen_iommu_word word, bool named, bool on)
{
	if (word == SAYS_NONSENSE)
		dev_err(dev, "%pOF: xen,iommu is neither \"on\" nor \"off\": translating\n",
			np);
	else if (word == SAYS_OFF && named)
		dev_err(dev, "%pOF: xen,iommu is \"off\", but the IOMMU is Xen's: translating\n",
			np);
	else if (word != SAYS_ON && !named)
		return;
	else if (!static_key_enabled(&dma_maddr_key))
		dev_dbg(dev, "%pOF: Xen's IOMMU makes no difference to a domain that is not mapped directly\n",
			np);
	else if (on)
		dev_info(dev, "protected by Xen's IOMMU, says %pOF: not translating\n",
			 np);
	else
		dev_err(dev, "%pOF: names Xen's IOMMU and one of this domain: translating\n",
			np);
}

/**
 * xen_bypassed_by() - what says that Xen's IOMMU protects a device
 * @dev: device for which dev_dma_maddr_bypass()
 *
 * Context: Any.
 * Return: the name of the property.
 */
const char *xen_bypassed_by(struct device *dev)
{
	struct device_node *np = speaker(dev);

	if (np && property_says(np) == SAYS_ON)
		return XEN_IOMMU_PROPERTY;
	return dev_is_pci(dev) ? "iommu-map" : "iommus";
}
EXPORT_SYMBOL_GPL(xen_bypassed_by);

/**
 * xen_setup_dma() - find out whether a device needs machine frames
 * @dev: device that is added or going to be bound to a driver
 *
 * Context: Process context, after its IOMMU is known and before it does DMA.
 */
void xen_setup_dma(struct device *dev)
{
	struct named_iommus named;
	enum xen_iommu_word word;
	struct device_node *np;
	bool on;

	if (!xen_domain())
		return;
	np = speaker(dev);
	if (!np)
		return;

	word = property_says(np);
	named = named_iommus(dev, np);
	/*
	 * The IOMMU core drops a list with both kinds, so that the firmware spec
	 * alone does not tell.
	 */
	on = (word == SAYS_ON || (word == SAYS_NOTHING && named.xen)) &&
		!named.other && !dev_iommu_fwspec_get(dev);
	dev_assign_dma_maddr_bypass(dev, on);
	/* Once, and not already when it is added. */
	if (dev->driver)
		report(dev, np, word, named.xen, on);
}
