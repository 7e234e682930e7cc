// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find devices behind an IOMMU that Xen drives ("protected" devices) on arm and
 * arm64.
 *
 * For a protected device Xen maps all pages of the domain, including granted
 * ones, at their pfn, so their addresses need no conversion. Xen does not
 * report which devices these are. The device tree has to contain one of these,
 * in the device or in its PCI host bridge:
 *
 *	xen,iommu = "on";
 *	iommus = <&xen_iommu 0>;	or iommu-map, to a node xen,iommu-el2-v1
 *
 * If in doubt, treat a device as not protected: a converted address works for a
 * protected device of a directly mapped domain, too, because Xen also maps
 * granted frames there under their own number.
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

/* Value of the property. */
enum xen_iommu_value { VALUE_ABSENT, VALUE_OFF, VALUE_ON, VALUE_INVALID };

static struct device_node *bridge_node(struct device *dev)
{
	dev = pci_find_host_bridge(to_pci_dev(dev)->bus)->dev.parent;
	return dev ? dev->of_node : NULL;
}

/* The node that describes a device: its own, or that of its PCI host bridge. */
static struct device_node *describing_node(struct device *dev)
{
	if (!dev_is_pci(dev) || of_property_present(dev->of_node, XEN_IOMMU_PROPERTY))
		return dev->of_node;
	return bridge_node(dev);
}

static enum xen_iommu_value xen_iommu_value(const struct device_node *np)
{
	const char *value;

	if (!of_property_present(np, XEN_IOMMU_PROPERTY))
		return VALUE_ABSENT;
	if (of_property_read_string(np, XEN_IOMMU_PROPERTY, &value))
		return VALUE_INVALID;
	if (!strcmp(value, "on"))
		return VALUE_ON;
	return strcmp(value, "off") ? VALUE_INVALID : VALUE_OFF;
}

/* The IOMMUs that the device tree names for a device. */
struct named_iommus {
	bool xen;	/* the node xen,iommu-el2-v1 */
	bool other;	/* an IOMMU that is left to this domain */
};

static void count_iommu(struct named_iommus *named, struct of_phandle_args *spec)
{
	/* Like the IOMMU core, ignore an IOMMU that is disabled. */
	if (of_device_is_available(spec->np)) {
		if (of_device_is_compatible(spec->np, XEN_IOMMU_COMPATIBLE))
			named->xen = true;
		else
			named->other = true;
	}
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
		   enum xen_iommu_value value, bool named, bool on)
{
	if ((value == VALUE_ABSENT || value == VALUE_OFF) && !named)
		return;
	if (!static_key_enabled(&dma_maddr_key))
		dev_dbg(dev, "%pOF: ignoring Xen's IOMMU, this domain is not directly mapped\n",
			np);
	else if (value == VALUE_INVALID)
		dev_err(dev, "%pOF: xen,iommu is neither \"on\" nor \"off\": translating\n",
			np);
	else if (value == VALUE_OFF)
		dev_err(dev, "%pOF: xen,iommu is \"off\", but the IOMMU is Xen's: translating\n",
			np);
	else if (on)
		dev_info(dev, "%pOF: protected by Xen's IOMMU: not translating\n",
			 np);
	else
		dev_err(dev, "%pOF: both Xen's IOMMU and one of this domain: translating\n",
			np);
}

/**
 * xen_bypass_property() - get the property that describes a device as protected
 * @dev: device for which dev_dma_maddr_bypass() is true
 *
 * Context: Any.
 * Return: the name of the property.
 */
const char *xen_bypass_property(struct device *dev)
{
	struct device_node *np = describing_node(dev);

	if (np && xen_iommu_value(np) == VALUE_ON)
		return XEN_IOMMU_PROPERTY;
	return dev_is_pci(dev) ? "iommu-map" : "iommus";
}
EXPORT_SYMBOL_GPL(xen_bypass_property);

/**
 * xen_setup_dma() - determine whether a device needs machine addresses
 * @dev: device that is being added, or about to be bound to a driver
 *
 * Context: Process context, after the device's IOMMU was set up and before the
 * device does DMA.
 */
void xen_setup_dma(struct device *dev)
{
	struct named_iommus named;
	enum xen_iommu_value value;
	struct device_node *np;
	bool on;

	if (!xen_domain())
		return;
	np = describing_node(dev);
	if (!np)
		return;

	value = xen_iommu_value(np);
	named = named_iommus(dev, np);
	/*
	 * Check the list as well as the firmware spec: the IOMMU core drops a
	 * list that has both Xen's IOMMU and another.
	 */
	on = (value == VALUE_ON || (value == VALUE_ABSENT && named.xen)) &&
		!named.other && !dev_iommu_fwspec_get(dev);
	dev_assign_dma_maddr_bypass(dev, on);
	/* Report it once: when a driver is bound, not when @dev is added. */
	if (dev->driver)
		report(dev, np, value, named.xen, on);
}
