"""How dma-iommu maps what is elsewhere in the machine: its functions, cut out of the
source, on a page table of our own. With any one of MUTANTS it must fail. So are those
by which arm's own DMA ops refuse it."""
import re
import subprocess
from pathlib import Path

from rig.common.error import RigError
from rig.static.build import kbuild, source
from rig.static.build.ctx import recall

FILE = "drivers/iommu/dma-iommu.c"
FUNCTIONS = ("dev_bounces_frames", "dev_maddr_differs", "iova_maddr_run", "dev_find_phys",
             "dev_sg_foreign", "dev_unbounced_len",
             "dev_must_bounce", "dev_use_sg_swiotlb", "dev_queues_flushes", "dev_must_flush", "dev_sg_must_flush",
             "__iommu_dma_unmap", "iommu_dma_map_foreign", "iommu_dma_map_nosync",
             "iommu_dma_map", "iommu_dma_cache_maddr", "iommu_dma_cache_for_cpu",
             "iommu_dma_cache_for_device", "iommu_dma_map_sg_maddr",
             "iommu_dma_get_merge_boundary", "iommu_dma_max_mapping_size", "__dma_iova_link",
             "iommu_dma_iova_bounce_and_link", "iommu_dma_iova_link_swiotlb")
ARM_FILE = "arch/arm/mm/dma-mapping.c"
ARM_FUNCTIONS = ("arm_iommu_map_frames", "__map_sg_chunk", "arm_iommu_map_phys",
                 "arm_setup_iommu_dma_ops")
#: what is done to the functions: (name, text, what takes its place)
MUTANTS = (
    ("alignment is not looked at", "if (iova_offset(iovad, *maddr))", "if (0)"),
    ("a run does not end", "dma_phys_to_maddr(dev, phys + run) == *maddr + run", "1"),
    ("a scattered granule is taken",
     "dma_maddr_contiguous(phys + run, iovad->granule) &&", ""),
    ("a run begins at the buffer's start", "phys + mapped, size - mapped",
     "phys, size - mapped"),
    ("nothing is undone", "iommu_unmap(domain, iova, mapped);", ""),
    ("a granule in the middle is not bounced", "len = dev_unbounced_len(dev, phys + mapped, size);",
     "len = size;"),
    ("all granules in the middle are bounced", "len = dev_unbounced_len(dev, phys + mapped, size);",
     "len = dev_bounces_frames(dev) ? 0 : size;"),
    ("a bounced granule is not remembered",
     "if (!error)\n				state->__size |= DMA_IOVA_USE_SWIOTLB;", ""),
    ("a granule is linked in another direction", "phys + mapped, len, dir, attrs);",
     "phys + mapped, len, attrs, dir);"),
    ("padding is what follows a buffer", "sg_phys(s), pad, prot", "sg_phys(s) - pad, pad, prot"),
    ("a foreign page is flushed later", "dev_maddr_differs(dev, phys, size);\n}", "false;\n}"),
    ("a page of unknown place is flushed later", "!dev_find_phys(dev, &phys) ||\n",
     "(dev_find_phys(dev, &phys), false) ||\n"),
    ("caches are maintained by the number in the machine", "if (dev_find_phys(dev, &phys))\n",
     "if (true)\n"),
    ("each granule is looked up", "if (dev_find_phys(dev, &phys))\n", "if (false)\n"),
    ("a mapping that failed halfway stays", "	if (ret)\n		iommu_unmap(domain, iova, size);\n",
     ""),
    ("a flush that has to be at once is queued", "!flush && READ_ONCE", "READ_ONCE"),
    ("arm's DMA ops map a foreign page by its pfn",
     "(dma_phys_to_maddr(dev, phys) != phys ||\n\t     !dma", "(!dma"),
    ("arm's DMA ops look at the first page only",
     "phys ||\n\t     !dma_maddr_contiguous(phys, size))", "phys)"),
    ("arm's DMA ops look at what is not translated",
     "if (dma_maddr_translated(dev) &&\n\t    (dma_phys", "if (true && (dma_phys"),
    ("arm's DMA ops do not look at a buffer",
     "arm_iommu_map_frames(dev, dma_addr, addr, len, prot)",
     "iommu_map(mapping->domain, dma_addr, addr, len, prot, GFP_KERNEL)"),
    ("arm's DMA ops do not look at a list", "arm_iommu_map_frames(dev, iova, phys, len, prot)",
     "iommu_map(mapping->domain, iova, phys, len, prot, GFP_KERNEL)"),
    ("arm's DMA ops are set where addresses are translated",
     "if (dma_maddr_translated(dev)) {\n\t\tdev_info", "if (false) {\n\t\tdev_info"),
)


def cut(text, functions):
    """The definitions of FUNCTIONS in TEXT."""
    found = []
    for name in functions:
        match = re.search(r"^(?:static )?(?:__always_inline |inline )?(?:unsigned )?\w+ "
                          r"(?:__init )?%s\(.*?^}\n" % name, text, re.S | re.M)
        if not match:
            raise RigError("no function %s()" % name)
        found.append(match.group(0))
    return "\n".join(found)


def mutated(text, old, new):
    """TEXT with OLD replaced, which must be there."""
    if old not in text:
        raise RigError("nothing to mutate: %s" % old)
    return text.replace(old, new)


def attempt(place, program, text):
    """(does it build, does it pass, what it says) of PROGRAM, a C file that includes
    functions.h, with TEXT as that."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "functions.h").write_text(text, "utf-8")
    built = subprocess.run(
        ["gcc", "-O1", "-I", str(place), "-o", str(place / program.stem), str(program)],
        capture_output=True, text=True, timeout=120, check=False)
    if built.returncode:
        return False, False, built.stderr
    done = subprocess.run([str(place / program.stem)], capture_output=True, text=True,
                          timeout=120, check=False)
    return True, not done.returncode, done.stdout + done.stderr


def run(ctx):
    """Yield (name, ok, detail)."""
    program = Path(__file__).with_suffix(".c")
    tree = source.at(ctx, "patched")
    text = "\n".join(cut((tree / path).read_text("utf-8"), functions)
                     for path, functions in ((FILE, FUNCTIONS), (ARM_FILE, ARM_FUNCTIONS)))
    key = kbuild.key(ctx, text, program, Path(__file__))
    yield from recall(ctx, "iovaruns", key,
                      lambda: results(ctx.scratch / "iovaruns", program, text))


def results(place, program, text):
    """Yield (name, ok, detail) of TEXT and of each mutant."""
    _, passed, said = attempt(place, program, text)
    yield "iovaruns: each byte is mapped where it is in the machine", passed, said
    for name, old, new in MUTANTS:
        built, passed, said = attempt(place, program, mutated(text, old, new))
        yield "iovaruns: it is seen if " + name, built and not passed, said
