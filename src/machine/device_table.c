/* Devices that run models: facts from data sheets, each with its source.
 *
 * "spec" is the maker's page, "derived" follows from it, "uncertain" may differ between boards. The
 * second name is what drivers say.  Of several memory sizes the first is taken where nobody says
 * which.  Throughput is dense FP16 with FP32 accumulation, in 10^12 operations a second. */
#include "machine/device_table.h"

#include <ctype.h>
#include <string.h>

#include "base/attr.h"
#include "base/str.h"

/* clang-format off */
static const struct device devices[] = {
    {"NVIDIA GeForce RTX 5090 Laptop", "RTX 5090 Laptop", "nvidia", DEVICE_CARD, "12.0", {24}, 896, 0, "spec:nvidia geforce laptop page"},
    {"NVIDIA GeForce RTX 5080 Laptop", "RTX 5080 Laptop", "nvidia", DEVICE_CARD, "12.0", {16}, 896, 0, "spec:nvidia geforce laptop page"},
    {"NVIDIA GeForce RTX 5070 Ti Laptop", "RTX 5070 Ti Laptop", "nvidia", DEVICE_CARD, "12.0", {12}, 672, 0, "spec:nvidia geforce laptop page"},
    {"NVIDIA GeForce RTX 5070 Laptop", "RTX 5070 Laptop", "nvidia", DEVICE_CARD, "12.0", {8}, 384, 0, "uncertain:memory clock varies"},
    {"NVIDIA GeForce RTX 4090 Laptop", "RTX 4090 Laptop", "nvidia", DEVICE_CARD, "8.9", {16}, 576, 0, "spec:nvidia geforce laptop page"},
    {"NVIDIA GeForce RTX 4080 Laptop", "RTX 4080 Laptop", "nvidia", DEVICE_CARD, "8.9", {12}, 432, 0, "spec:nvidia geforce laptop page"},
    {"NVIDIA GeForce RTX 4070 Laptop", "RTX 4070 Laptop", "nvidia", DEVICE_CARD, "8.9", {8}, 256, 0, "spec:nvidia geforce laptop page"},
    {"NVIDIA GeForce RTX 4060 Laptop", "RTX 4060 Laptop", "nvidia", DEVICE_CARD, "8.9", {8}, 256, 0, "spec:nvidia geforce laptop page"},
    {"NVIDIA GeForce RTX 3080 Ti Laptop", "RTX 3080 Ti Laptop", "nvidia", DEVICE_CARD, "8.6", {16}, 512, 0, "spec:nvidia geforce laptop page"},
    {"NVIDIA GeForce RTX 3080 Laptop", "RTX 3080 Laptop", "nvidia", DEVICE_CARD, "8.6", {8, 16}, 448, 0, "uncertain:384 with max-q memory"},
    {"NVIDIA GeForce RTX 3070 Laptop", "RTX 3070 Laptop", "nvidia", DEVICE_CARD, "8.6", {8}, 448, 0, "uncertain:384 with max-q memory"},
    {"NVIDIA GeForce RTX 3060 Laptop", "RTX 3060 Laptop", "nvidia", DEVICE_CARD, "8.6", {6}, 336, 0, "spec:nvidia geforce laptop page"},
    {"NVIDIA GeForce RTX 3050 Ti Laptop", "RTX 3050 Ti Laptop", "nvidia", DEVICE_CARD, "8.6", {4}, 192, 0, "spec:nvidia geforce laptop page"},
    {"NVIDIA GeForce RTX 5090 D", "RTX 5090 D", "nvidia", DEVICE_CARD, "12.0", {32}, 1792, 209.5, "uncertain:export variant, reduced matrix rate"},
    {"NVIDIA GeForce RTX 5090", "RTX 5090", "nvidia", DEVICE_CARD, "12.0", {32}, 1792, 209.5, "spec:nvidia blackwell whitepaper"},
    {"NVIDIA GeForce RTX 5080", "RTX 5080", "nvidia", DEVICE_CARD, "12.0", {16}, 960, 112.6, "spec:nvidia blackwell whitepaper"},
    {"NVIDIA GeForce RTX 5070 Ti", "RTX 5070 Ti", "nvidia", DEVICE_CARD, "12.0", {16}, 896, 87.9, "spec:nvidia blackwell whitepaper"},
    {"NVIDIA GeForce RTX 5070", "RTX 5070", "nvidia", DEVICE_CARD, "12.0", {12}, 672, 61.7, "spec:nvidia blackwell whitepaper"},
    {"NVIDIA GeForce RTX 5060 Ti", "RTX 5060 Ti", "nvidia", DEVICE_CARD, "12.0", {8, 16}, 448, 47.4, "derived:36 SM at boost"},
    {"NVIDIA GeForce RTX 5060", "RTX 5060", "nvidia", DEVICE_CARD, "12.0", {8}, 448, 38.4, "derived:30 SM at boost"},
    {"NVIDIA GeForce RTX 4090 D", "RTX 4090 D", "nvidia", DEVICE_CARD, "8.9", {24, 48}, 1008, 147, "derived:114 SM; 48 GB boards are third-party mods"},
    {"NVIDIA GeForce RTX 4090", "RTX 4090", "nvidia", DEVICE_CARD, "8.9", {24, 48}, 1008, 165.2, "spec:nvidia ada whitepaper; 48 GB boards are third-party mods"},
    {"NVIDIA GeForce RTX 4080 SUPER", "RTX 4080 SUPER", "nvidia", DEVICE_CARD, "8.9", {16}, 736, 104.4, "spec:nvidia ada whitepaper"},
    {"NVIDIA GeForce RTX 4080", "RTX 4080", "nvidia", DEVICE_CARD, "8.9", {16}, 716.8, 97.5, "spec:nvidia ada whitepaper"},
    {"NVIDIA GeForce RTX 4070 Ti SUPER", "RTX 4070 Ti SUPER", "nvidia", DEVICE_CARD, "8.9", {16}, 672, 88.2, "spec:nvidia"},
    {"NVIDIA GeForce RTX 4070 Ti", "RTX 4070 Ti", "nvidia", DEVICE_CARD, "8.9", {12}, 504, 80.2, "spec:nvidia ada whitepaper"},
    {"NVIDIA GeForce RTX 4070 SUPER", "RTX 4070 SUPER", "nvidia", DEVICE_CARD, "8.9", {12}, 504, 71, "spec:nvidia"},
    {"NVIDIA GeForce RTX 4070", "RTX 4070", "nvidia", DEVICE_CARD, "8.9", {12}, 504, 58.3, "spec:nvidia ada whitepaper"},
    {"NVIDIA GeForce RTX 4060 Ti", "RTX 4060 Ti", "nvidia", DEVICE_CARD, "8.9", {8, 16}, 288, 44.1, "spec:nvidia ada whitepaper"},
    {"NVIDIA GeForce RTX 4060", "RTX 4060", "nvidia", DEVICE_CARD, "8.9", {8}, 272, 30.2, "spec:nvidia"},
    {"NVIDIA GeForce RTX 3090 Ti", "RTX 3090 Ti", "nvidia", DEVICE_CARD, "8.6", {24}, 1008, 80, "spec:nvidia ampere ga102 whitepaper"},
    {"NVIDIA GeForce RTX 3090", "RTX 3090", "nvidia", DEVICE_CARD, "8.6", {24}, 936.2, 71, "spec:nvidia ampere ga102 whitepaper"},
    {"NVIDIA GeForce RTX 3080 Ti", "RTX 3080 Ti", "nvidia", DEVICE_CARD, "8.6", {12}, 912.4, 68, "spec:nvidia"},
    {"NVIDIA GeForce RTX 3080", "RTX 3080", "nvidia", DEVICE_CARD, "8.6", {10, 12}, 760.3, 59.5, "spec:nvidia ampere ga102 whitepaper; 912.4 when memory is 12 GB"},
    {"NVIDIA GeForce RTX 3070 Ti", "RTX 3070 Ti", "nvidia", DEVICE_CARD, "8.6", {8}, 608.3, 43.5, "spec:nvidia"},
    {"NVIDIA GeForce RTX 3070", "RTX 3070", "nvidia", DEVICE_CARD, "8.6", {8}, 448, 40.6, "spec:nvidia ampere ga102 whitepaper"},
    {"NVIDIA GeForce RTX 3060 Ti", "RTX 3060 Ti", "nvidia", DEVICE_CARD, "8.6", {8}, 448, 32.4, "spec:nvidia; a GDDR6X revision has 608"},
    {"NVIDIA GeForce RTX 3060", "RTX 3060", "nvidia", DEVICE_CARD, "8.6", {12, 8}, 360, 25.5, "spec:nvidia; the 8 GB card has 240"},
    {"NVIDIA GeForce RTX 3050", "RTX 3050", "nvidia", DEVICE_CARD, "8.6", {8, 6}, 224, 18.2, "spec:nvidia; the 6 GB card has 168"},
    {"NVIDIA GeForce RTX 2080 Ti", "RTX 2080 Ti", "nvidia", DEVICE_CARD, "7.5", {11, 22}, 616, 53.8, "spec:nvidia turing whitepaper; 22 GB boards are mods"},
    {"NVIDIA GeForce RTX 2080 SUPER", "RTX 2080 SUPER", "nvidia", DEVICE_CARD, "7.5", {8}, 496, 44.6, "spec:nvidia"},
    {"NVIDIA GeForce RTX 2080", "RTX 2080", "nvidia", DEVICE_CARD, "7.5", {8}, 448, 40.3, "spec:nvidia turing whitepaper"},
    {"NVIDIA GeForce RTX 2070 SUPER", "RTX 2070 SUPER", "nvidia", DEVICE_CARD, "7.5", {8}, 448, 36.3, "spec:nvidia"},
    {"NVIDIA GeForce RTX 2070", "RTX 2070", "nvidia", DEVICE_CARD, "7.5", {8}, 448, 29.9, "spec:nvidia turing whitepaper"},
    {"NVIDIA GeForce RTX 2060 SUPER", "RTX 2060 SUPER", "nvidia", DEVICE_CARD, "7.5", {8}, 448, 28.7, "spec:nvidia"},
    {"NVIDIA GeForce RTX 2060", "RTX 2060", "nvidia", DEVICE_CARD, "7.5", {6, 12}, 336, 25.8, "spec:nvidia"},
    {"NVIDIA GeForce GTX 1660 Ti", "GTX 1660 Ti", "nvidia", DEVICE_CARD, "7.5", {6}, 288, 10.9, "derived:no tensor cores"},
    {"NVIDIA GeForce GTX 1660 SUPER", "GTX 1660 SUPER", "nvidia", DEVICE_CARD, "7.5", {6}, 336, 10, "derived:no tensor cores"},
    {"NVIDIA GeForce GTX 1660", "GTX 1660", "nvidia", DEVICE_CARD, "7.5", {6}, 192, 10, "derived:no tensor cores"},
    {"NVIDIA GeForce GTX 1650 SUPER", "GTX 1650 SUPER", "nvidia", DEVICE_CARD, "7.5", {4}, 192, 8.8, "derived"},
    {"NVIDIA GeForce GTX 1650", "GTX 1650", "nvidia", DEVICE_CARD, "7.5", {4}, 128, 6, "derived:GDDR6 revision has 192"},
    {"NVIDIA GeForce GTX 1080 Ti", "GTX 1080 Ti", "nvidia", DEVICE_CARD, "6.1", {11}, 484, 0.18, "spec:nvidia; fp16 is 1/64 rate, int8 by dp4a"},
    {"NVIDIA GeForce GTX 1080", "GTX 1080", "nvidia", DEVICE_CARD, "6.1", {8}, 320, 0.14, "spec:nvidia"},
    {"NVIDIA GeForce GTX 1070", "GTX 1070", "nvidia", DEVICE_CARD, "6.1", {8}, 256, 0.1, "spec:nvidia"},
    {"NVIDIA GeForce GTX 1060", "GTX 1060", "nvidia", DEVICE_CARD, "6.1", {6, 3}, 192, 0.07, "spec:nvidia"},
    {"NVIDIA GeForce GTX 1050 Ti", "GTX 1050 Ti", "nvidia", DEVICE_CARD, "6.1", {4}, 112, 0.03, "spec:nvidia"},
    {"NVIDIA RTX PRO 6000 Blackwell", "RTX PRO 6000 Blackwell", "nvidia", DEVICE_CARD, "12.0", {96}, 1792, 503.8, "derived:half of FP8 dense"},
    {"NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada", "nvidia", DEVICE_CARD, "8.9", {48}, 960, 364.2, "spec:nvidia datasheet, dense"},
    {"NVIDIA RTX 5880 Ada Generation", "RTX 5880 Ada", "nvidia", DEVICE_CARD, "8.9", {48}, 960, 277, "derived:from sparse FP8"},
    {"NVIDIA RTX 5000 Ada Generation", "RTX 5000 Ada", "nvidia", DEVICE_CARD, "8.9", {32}, 576, 261, "derived:from sparse FP8"},
    {"NVIDIA RTX 4000 SFF Ada Generation", "RTX 4000 SFF Ada", "nvidia", DEVICE_CARD, "8.9", {20}, 280, 76.7, "derived:from sparse FP8"},
    {"NVIDIA RTX 4000 Ada Generation", "RTX 4000 Ada", "nvidia", DEVICE_CARD, "8.9", {20}, 360, 106.9, "derived:from sparse FP8"},
    {"NVIDIA RTX A6000", "RTX A6000", "nvidia", DEVICE_CARD, "8.6", {48}, 768, 154.8, "spec:nvidia datasheet"},
    {"NVIDIA RTX A5000", "RTX A5000", "nvidia", DEVICE_CARD, "8.6", {24}, 768, 111.1, "spec:nvidia datasheet"},
    {"NVIDIA RTX A4000", "RTX A4000", "nvidia", DEVICE_CARD, "8.6", {16}, 448, 76.7, "spec:nvidia datasheet"},
    {"NVIDIA RTX A2000", "RTX A2000", "nvidia", DEVICE_CARD, "8.6", {6, 12}, 288, 31.9, "spec:nvidia datasheet"},
    {"NVIDIA B200", "NVIDIA B200", "nvidia", DEVICE_CARD, "10.0", {180, 192}, 8000, 2250, "spec:nvidia datasheet, dense"},
    {"NVIDIA GH200 480GB", "GH200 480GB", "nvidia", DEVICE_CARD, "9.0", {96}, 4000, 989.4, "spec:nvidia datasheet; coherent with Grace LPDDR5X"},
    {"NVIDIA GH200 144G HBM3e", "GH200 144G", "nvidia", DEVICE_CARD, "9.0", {144}, 4900, 989.4, "spec:nvidia datasheet"},
    {"NVIDIA H200 NVL", "H200 NVL", "nvidia", DEVICE_CARD, "9.0", {141}, 4800, 835.5, "spec:nvidia datasheet, dense"},
    {"NVIDIA H200", "NVIDIA H200", "nvidia", DEVICE_CARD, "9.0", {141}, 4800, 989.4, "spec:nvidia datasheet, dense"},
    {"NVIDIA H100 NVL", "H100 NVL", "nvidia", DEVICE_CARD, "9.0", {94}, 3938, 835.5, "spec:nvidia datasheet, dense"},
    {"NVIDIA H100 PCIe", "H100 PCIe", "nvidia", DEVICE_CARD, "9.0", {80}, 2039, 756, "spec:nvidia datasheet, dense"},
    {"NVIDIA H100 SXM5 80GB", "H100 80GB HBM3", "nvidia", DEVICE_CARD, "9.0", {80}, 3352, 989.4, "spec:nvidia datasheet, dense"},
    {"NVIDIA H100 SXM5 96GB", "H100 96GB HBM", "nvidia", DEVICE_CARD, "9.0", {64, 96}, 3352, 989.4, "uncertain:OEM variants"},
    {"NVIDIA A100-SXM4-80GB", "A100-SXM4-80GB", "nvidia", DEVICE_CARD, "8.0", {80}, 2039, 312, "spec:nvidia datasheet"},
    {"NVIDIA A100 80GB PCIe", "A100 80GB PCIe", "nvidia", DEVICE_CARD, "8.0", {80}, 1935, 312, "spec:nvidia datasheet"},
    {"NVIDIA A100-SXM4-40GB", "A100-SXM4-40GB", "nvidia", DEVICE_CARD, "8.0", {40}, 1555, 312, "spec:nvidia datasheet"},
    {"NVIDIA A100-PCIE-40GB", "A100-PCIE-40GB", "nvidia", DEVICE_CARD, "8.0", {40}, 1555, 312, "spec:nvidia datasheet"},
    {"NVIDIA A40", "NVIDIA A40", "nvidia", DEVICE_CARD, "8.6", {48}, 696, 149.7, "spec:nvidia datasheet"},
    {"NVIDIA A30", "NVIDIA A30", "nvidia", DEVICE_CARD, "8.0", {24}, 933, 165, "spec:nvidia datasheet"},
    {"NVIDIA A10G", "A10G", "nvidia", DEVICE_CARD, "8.6", {24}, 600, 70, "spec:aws g5 / nvidia datasheet"},
    {"NVIDIA A10", "NVIDIA A10", "nvidia", DEVICE_CARD, "8.6", {24}, 600, 125, "spec:nvidia datasheet"},
    {"NVIDIA L40S", "L40S", "nvidia", DEVICE_CARD, "8.9", {48}, 864, 362, "spec:nvidia datasheet, dense"},
    {"NVIDIA L40", "NVIDIA L40", "nvidia", DEVICE_CARD, "8.9", {48}, 864, 181, "spec:nvidia datasheet, dense"},
    {"NVIDIA L4", "NVIDIA L4", "nvidia", DEVICE_CARD, "8.9", {24}, 300, 121, "spec:nvidia datasheet, dense"},
    {"Tesla T4", "Tesla T4", "nvidia", DEVICE_CARD, "7.5", {16}, 320, 65, "spec:nvidia datasheet; smi shows 15360 MiB with ECC"},
    {"Tesla V100 SXM2", "V100-SXM2", "nvidia", DEVICE_CARD, "7.0", {16, 32}, 898, 125, "spec:nvidia datasheet; int8 by dp4a"},
    {"Tesla V100 PCIe", "V100-PCIE", "nvidia", DEVICE_CARD, "7.0", {16, 32}, 898, 112, "spec:nvidia datasheet; int8 by dp4a"},
    {"Tesla P100", "P100", "nvidia", DEVICE_CARD, "6.0", {16, 12}, 732, 18.7, "spec:nvidia datasheet"},
    {"Tesla P40", "Tesla P40", "nvidia", DEVICE_CARD, "6.1", {24}, 347, 0.18, "spec:nvidia datasheet"},
    {"Tesla P4", "Tesla P4", "nvidia", DEVICE_CARD, "6.1", {8}, 192, 0.09, "spec:nvidia datasheet"},
    {"Tesla M40", "Tesla M40", "nvidia", DEVICE_CARD, "5.2", {12, 24}, 288, 0, "spec:nvidia datasheet; a substring table reads it as Apple M4"},
    {"Tesla K80", "Tesla K80", "nvidia", DEVICE_CARD, "3.7", {12}, 240, 0, "spec:nvidia datasheet, per GPU; CUDA 12 dropped it"},
    {"NVIDIA GB10 (DGX Spark)", "GB10", "nvidia", DEVICE_SOC, "12.1", {128}, 273, 125, "spec:bandwidth nvidia; derived:matrix rates from 1 PFLOP sparse FP4"},
    {"NVIDIA Jetson AGX Thor", "Thor", "nvidia", DEVICE_SOC, "11.0", {128}, 273, 258, "spec:bandwidth nvidia; derived:from 2070 sparse FP4"},
    {"NVIDIA Jetson T4000", "Jetson T4000", "nvidia", DEVICE_SOC, "11.0", {64}, 273, 0, "spec:nvidia"},
    {"NVIDIA Jetson AGX Orin", "Jetson AGX Orin", "nvidia", DEVICE_SOC, "8.7", {32, 64}, 204.8, 42.5, "spec:nvidia, 64 GB GPU part dense; the 32 GB part has 27 and 54"},
    {"NVIDIA Jetson Orin NX", "Orin NX", "nvidia", DEVICE_SOC, "8.7", {8, 16}, 102.4, 15, "derived:GPU part of the TOPS, dense"},
    {"NVIDIA Jetson Orin Nano Super", "Orin Nano Super", "nvidia", DEVICE_SOC, "8.7", {8}, 102, 17, "spec:nvidia super mode; same name string may be the non-super power mode"},
    {"NVIDIA Jetson Orin Nano", "Orin Nano", "nvidia", DEVICE_SOC, "8.7", {4, 8}, 68, 10, "spec:nvidia; the 4 GB part has 34"},
    {"NVIDIA Jetson AGX Xavier", "AGX Xavier", "nvidia", DEVICE_SOC, "7.2", {16, 32, 64}, 136.5, 11, "spec:nvidia"},
    {"NVIDIA Jetson Xavier NX", "Xavier NX", "nvidia", DEVICE_SOC, "7.2", {8, 16}, 59.7, 6.8, "derived:48 tensor cores at 1.1 GHz"},
    {"NVIDIA Jetson TX2", "Jetson TX2", "nvidia", DEVICE_SOC, "6.2", {8}, 59.7, 1.33, "spec:nvidia"},
    {"NVIDIA Jetson TX1", "Jetson TX1", "nvidia", DEVICE_SOC, "5.3", {4}, 25.6, 1, "spec:nvidia"},
    {"NVIDIA Jetson Nano", "Jetson Nano", "nvidia", DEVICE_SOC, "5.3", {4, 2}, 25.6, 0.47, "spec:nvidia"},
    {"AMD Radeon AI PRO R9700", "R9700", "amd", DEVICE_CARD, "gfx1201", {32}, 640, 191, "spec:amd, dense"},
    {"AMD Radeon RX 9070 XT", "RX 9070 XT", "amd", DEVICE_CARD, "gfx1201", {16}, 644.6, 195, "spec:amd, dense"},
    {"AMD Radeon RX 9070", "RX 9070", "amd", DEVICE_CARD, "gfx1201", {16}, 644.6, 145, "spec:amd, dense"},
    {"AMD Radeon RX 9060 XT", "RX 9060 XT", "amd", DEVICE_CARD, "gfx1200", {8, 16}, 322, 103, "spec:amd, dense"},
    {"AMD Radeon RX 7900 XTX", "RX 7900 XTX", "amd", DEVICE_CARD, "gfx1100", {24}, 960, 122.8, "spec:amd; lspci prints one name for all Navi 31"},
    {"AMD Radeon RX 7900 XT", "RX 7900 XT", "amd", DEVICE_CARD, "gfx1100", {20}, 800, 103, "spec:amd"},
    {"AMD Radeon RX 7900 GRE", "RX 7900 GRE", "amd", DEVICE_CARD, "gfx1100", {16}, 576, 92, "spec:amd"},
    {"AMD Radeon PRO W7900", "W7900", "amd", DEVICE_CARD, "gfx1100", {48}, 864, 122.6, "spec:amd"},
    {"AMD Radeon PRO W7700", "W7700", "amd", DEVICE_CARD, "gfx1101", {16}, 576, 56.5, "spec:amd"},
    {"AMD Radeon RX 7800 XT", "RX 7800 XT", "amd", DEVICE_CARD, "gfx1101", {16}, 624, 74.6, "spec:amd"},
    {"AMD Radeon RX 7700 XT", "RX 7700 XT", "amd", DEVICE_CARD, "gfx1101", {12}, 432, 70.3, "spec:amd"},
    {"AMD Radeon RX 7600 XT", "RX 7600 XT", "amd", DEVICE_CARD, "gfx1102", {16}, 288, 45, "spec:amd"},
    {"AMD Radeon RX 7600", "RX 7600", "amd", DEVICE_CARD, "gfx1102", {8}, 288, 43.5, "spec:amd"},
    {"AMD Radeon RX 6950 XT", "RX 6950 XT", "amd", DEVICE_CARD, "gfx1030", {16}, 576, 47.3, "derived:dp4a"},
    {"AMD Radeon RX 6900 XT", "RX 6900 XT", "amd", DEVICE_CARD, "gfx1030", {16}, 512, 46.1, "derived:dp4a"},
    {"AMD Radeon RX 6800 XT", "RX 6800 XT", "amd", DEVICE_CARD, "gfx1030", {16}, 512, 41.5, "derived:dp4a"},
    {"AMD Radeon RX 6800", "RX 6800", "amd", DEVICE_CARD, "gfx1030", {16}, 512, 32.3, "derived:dp4a"},
    {"AMD Radeon RX 6700 XT", "RX 6700 XT", "amd", DEVICE_CARD, "gfx1031", {12}, 384, 26.4, "derived:dp4a"},
    {"AMD Radeon RX 6600 XT", "RX 6600 XT", "amd", DEVICE_CARD, "gfx1032", {8}, 256, 21.2, "derived:dp4a"},
    {"AMD Radeon RX 6600", "RX 6600", "amd", DEVICE_CARD, "gfx1032", {8}, 224, 17.9, "derived:dp4a"},
    {"AMD Radeon RX 5700 XT", "RX 5700 XT", "amd", DEVICE_CARD, "gfx1010", {8}, 448, 19.5, "spec:amd"},
    {"AMD Radeon RX 580", "RX 580", "amd", DEVICE_CARD, "gfx803", {8, 4}, 256, 6.2, "spec:amd"},
    {"AMD Instinct MI325X", "MI325X", "amd", DEVICE_CARD, "gfx942", {256}, 6000, 1307, "spec:amd"},
    {"AMD Instinct MI308X", "MI308X", "amd", DEVICE_CARD, "gfx942", {192}, 5300, 188, "uncertain:export variant"},
    {"AMD Instinct MI300X", "MI300X", "amd", DEVICE_CARD, "gfx942", {192}, 5300, 1307, "spec:amd; CPX mode shows 8 devices of 24 GB"},
    {"AMD Instinct MI300A", "MI300A", "amd", DEVICE_SOC, "gfx942", {128}, 5300, 981, "spec:amd"},
    {"AMD Instinct MI250X", "MI250X", "amd", DEVICE_CARD, "gfx90a", {128}, 3277, 383, "spec:amd; shows as two GCD of 64 GB and 1638 each"},
    {"AMD Instinct MI250", "MI250", "amd", DEVICE_CARD, "gfx90a", {128}, 3277, 362, "spec:amd; shows as two GCD of 64 GB and 1638 each"},
    {"AMD Instinct MI210", "MI210", "amd", DEVICE_CARD, "gfx90a", {64}, 1638, 181, "spec:amd"},
    {"AMD Instinct MI100", "MI100", "amd", DEVICE_CARD, "gfx908", {32}, 1229, 184.6, "spec:amd"},
    {"AMD Instinct MI60", "MI60", "amd", DEVICE_CARD, "gfx906", {32}, 1024, 29.5, "spec:amd"},
    {"AMD Instinct MI50", "MI50", "amd", DEVICE_CARD, "gfx906", {16, 32}, 1024, 26.5, "spec:amd; rocm-smi may print AMD Radeon Graphics"},
    {"AMD Radeon Pro VII", "Pro VII", "amd", DEVICE_CARD, "gfx906", {16}, 1024, 26.1, "spec:amd"},
    {"AMD Strix Halo (Radeon 8060S)", "8060S", "amd", DEVICE_SHARED, "gfx1151", {32, 64, 96, 128}, 256, 59.4, "spec:amd LPDDR5X-8000 256 bit; measured up to 221 on the GPU, 110 on the CPU"},
    {"AMD Strix Halo (Radeon 8050S)", "8050S", "amd", DEVICE_SHARED, "gfx1151", {32, 64, 96, 128}, 256, 46, "spec:amd"},
    {"AMD Strix Point (Radeon 890M)", "890M", "amd", DEVICE_SHARED, "gfx1150", {16, 32, 64, 96}, 120, 11.9, "derived:LPDDR5X-7500; 89.6 with DDR5-5600"},
    {"AMD Strix Point (Radeon 880M)", "880M", "amd", DEVICE_SHARED, "gfx1150", {16, 32, 64, 96}, 120, 8.9, "derived:LPDDR5X-7500; 89.6 with DDR5-5600"},
    {"AMD Krackan (Radeon 860M)", "860M", "amd", DEVICE_SHARED, "gfx1152", {16, 32, 64}, 120, 0, "uncertain:platform memory"},
    {"AMD Krackan (Radeon 840M)", "840M", "amd", DEVICE_SHARED, "gfx1152", {16, 32, 64}, 89.6, 0, "uncertain:platform memory"},
    {"AMD Phoenix/Hawk Point (Radeon 780M)", "780M", "amd", DEVICE_SHARED, "gfx1103", {8, 16, 32, 64, 96}, 89.6, 16.6, "derived:DDR5-5600 dual channel; 120 with LPDDR5X-7500"},
    {"AMD Rembrandt (Radeon 680M)", "680M", "amd", DEVICE_SHARED, "gfx1035", {8, 16, 32, 64}, 76.8, 6.8, "derived:DDR5-4800 dual channel"},
    {"AMD Steam Deck OLED", "Custom APU 0932", "amd", DEVICE_SHARED, "gfx1033", {16}, 102.4, 0, "derived:LPDDR5-6400 128 bit (SMBIOS dump in data/dmidecode)"},
    {"AMD Steam Deck LCD", "Custom APU 0405", "amd", DEVICE_SHARED, "gfx1033", {16}, 88, 0, "derived:LPDDR5-5500 128 bit"},
    {"Intel Arc B580", "B580", "intel", DEVICE_CARD, NULL, {12}, 456, 116.5, "spec:intel"},
    {"Intel Arc B570", "B570", "intel", DEVICE_CARD, NULL, {10}, 380, 101, "spec:intel"},
    {"Intel Arc Pro B70", "Pro B70", "intel", DEVICE_CARD, NULL, {32}, 608, 0, "uncertain:press material"},
    {"Intel Arc Pro B60", "Pro B60", "intel", DEVICE_CARD, NULL, {24}, 456, 98.5, "spec:intel"},
    {"Intel Arc Pro B50", "Pro B50", "intel", DEVICE_CARD, NULL, {16}, 224, 85, "spec:intel"},
    {"Intel Arc A770", "A770", "intel", DEVICE_CARD, NULL, {16, 8}, 560, 138, "spec:intel; the 8 GB card has 512"},
    {"Intel Arc A750", "A750", "intel", DEVICE_CARD, NULL, {8}, 512, 118, "spec:intel"},
    {"Intel Arc A380", "A380", "intel", DEVICE_CARD, NULL, {6}, 186, 33, "spec:intel"},
    {"Intel Iris Xe MAX (DG1)", "DG1", "intel", DEVICE_CARD, NULL, {4}, 68, 0, "spec:intel; discrete although the name says Iris Xe"},
    {"Intel Lunar Lake Arc 140V", "140V", "intel", DEVICE_SHARED, NULL, {16, 32}, 136.5, 33.5, "spec:intel LPDDR5X-8533 128 bit"},
    {"Intel Lunar Lake Arc 130V", "130V", "intel", DEVICE_SHARED, NULL, {16, 32}, 136.5, 26.5, "spec:intel"},
    {"Intel Arrow Lake-H Arc 140T", "140T", "intel", DEVICE_SHARED, NULL, {16, 32, 64, 96}, 134.4, 38.5, "derived:LPDDR5X-8400; 102.4 with DDR5-6400"},
    {"Intel Meteor Lake Arc Graphics", "Arc Graphics", "intel", DEVICE_SHARED, NULL, {16, 32, 64, 96}, 119.5, 0, "derived:LPDDR5X-7467"},
    {"Intel Iris Xe (Tiger/Alder/Raptor Lake)", "Iris Xe", "intel", DEVICE_SHARED, NULL, {8, 16, 32, 64}, 68.3, 4.4, "uncertain:platform memory"},
    {"Apple M5 Max 40-core GPU", "Apple M5 Max", "apple", DEVICE_SOC, NULL, {48, 64, 128}, 614, 0, "spec:apple 2026 via two open tables (llmfit, whichllm)"},
    {"Apple M5 Max 32-core GPU", "Apple M5 Max", "apple", DEVICE_SOC, NULL, {36}, 460, 0, "uncertain:apple 2026"},
    {"Apple M5 Pro", "Apple M5 Pro", "apple", DEVICE_SOC, NULL, {24, 48, 64}, 307, 0, "spec:apple 2026 via two open tables"},
    {"Apple M5", "Apple M5", "apple", DEVICE_SOC, NULL, {16, 24, 32}, 153.6, 0, "spec:apple"},
    {"Apple M4 Max 40-core GPU", "Apple M4 Max", "apple", DEVICE_SOC, NULL, {48, 64, 128}, 546, 16.2, "spec:bandwidth apple; derived:flops"},
    {"Apple M4 Max 32-core GPU", "Apple M4 Max", "apple", DEVICE_SOC, NULL, {36}, 410, 12.9, "spec:bandwidth apple; derived:flops"},
    {"Apple M4 Pro 20-core GPU", "Apple M4 Pro", "apple", DEVICE_SOC, NULL, {24, 48, 64}, 273, 8.1, "spec:bandwidth apple; derived:flops"},
    {"Apple M4 Pro 16-core GPU", "Apple M4 Pro", "apple", DEVICE_SOC, NULL, {24, 48, 64}, 273, 6.5, "spec:bandwidth apple; derived:flops"},
    {"Apple M4", "Apple M4", "apple", DEVICE_SOC, NULL, {16, 24, 32}, 120, 4.0, "spec:bandwidth apple; derived:flops 10-core"},
    {"Apple M3 Ultra 80-core GPU", "Apple M3 Ultra", "apple", DEVICE_SOC, NULL, {256, 512}, 819, 28.3, "spec:bandwidth apple; derived:flops"},
    {"Apple M3 Ultra 60-core GPU", "Apple M3 Ultra", "apple", DEVICE_SOC, NULL, {96, 256}, 819, 21.2, "spec:bandwidth apple; derived:flops"},
    {"Apple M3 Max 40-core GPU", "Apple M3 Max", "apple", DEVICE_SOC, NULL, {48, 64, 128}, 410, 14.1, "spec:bandwidth apple (400); derived:flops"},
    {"Apple M3 Max 30-core GPU", "Apple M3 Max", "apple", DEVICE_SOC, NULL, {36, 96}, 307, 10.6, "spec:bandwidth apple (300); derived:flops"},
    {"Apple M3 Pro 18-core GPU", "Apple M3 Pro", "apple", DEVICE_SOC, NULL, {18, 36}, 153.6, 6.4, "spec:bandwidth apple (150)"},
    {"Apple M3 Pro 14-core GPU", "Apple M3 Pro", "apple", DEVICE_SOC, NULL, {18, 36}, 153.6, 5, "spec:bandwidth apple (150)"},
    {"Apple M3", "Apple M3", "apple", DEVICE_SOC, NULL, {8, 16, 24}, 102.4, 3.5, "spec:bandwidth apple (100)"},
    {"Apple M2 Ultra 76-core GPU", "Apple M2 Ultra", "apple", DEVICE_SOC, NULL, {64, 128, 192}, 819, 27.2, "spec:bandwidth apple (800)"},
    {"Apple M2 Ultra 60-core GPU", "Apple M2 Ultra", "apple", DEVICE_SOC, NULL, {64, 128, 192}, 819, 21.5, "spec:bandwidth apple (800)"},
    {"Apple M2 Max 38-core GPU", "Apple M2 Max", "apple", DEVICE_SOC, NULL, {32, 64, 96}, 410, 13.6, "spec:bandwidth apple (400)"},
    {"Apple M2 Max 30-core GPU", "Apple M2 Max", "apple", DEVICE_SOC, NULL, {32, 64}, 410, 10.7, "spec:bandwidth apple (400)"},
    {"Apple M2 Pro 19-core GPU", "Apple M2 Pro", "apple", DEVICE_SOC, NULL, {16, 32}, 204.8, 6.8, "spec:bandwidth apple (200)"},
    {"Apple M2 Pro 16-core GPU", "Apple M2 Pro", "apple", DEVICE_SOC, NULL, {16, 32}, 204.8, 5.7, "spec:bandwidth apple (200)"},
    {"Apple M2", "Apple M2", "apple", DEVICE_SOC, NULL, {8, 16, 24}, 102.4, 3.6, "spec:bandwidth apple (100)"},
    {"Apple M1 Ultra 64-core GPU", "Apple M1 Ultra", "apple", DEVICE_SOC, NULL, {64, 128}, 819, 21, "spec:bandwidth apple (800)"},
    {"Apple M1 Ultra 48-core GPU", "Apple M1 Ultra", "apple", DEVICE_SOC, NULL, {64, 128}, 819, 15.9, "spec:bandwidth apple (800)"},
    {"Apple M1 Max 32-core GPU", "Apple M1 Max", "apple", DEVICE_SOC, NULL, {32, 64}, 410, 10.6, "spec:bandwidth apple (400)"},
    {"Apple M1 Max 24-core GPU", "Apple M1 Max", "apple", DEVICE_SOC, NULL, {32, 64}, 410, 7.8, "spec:bandwidth apple (400)"},
    {"Apple M1 Pro 16-core GPU", "Apple M1 Pro", "apple", DEVICE_SOC, NULL, {16, 32}, 204.8, 5.3, "spec:bandwidth apple (200)"},
    {"Apple M1 Pro 14-core GPU", "Apple M1 Pro", "apple", DEVICE_SOC, NULL, {16, 32}, 204.8, 4.6, "spec:bandwidth apple (200)"},
    {"Apple M1", "Apple M1", "apple", DEVICE_SOC, NULL, {8, 16}, 68.3, 2.6, "spec:LPDDR4X-4266 128 bit"},
    {"Snapdragon X Elite / X Plus (Adreno X1-85)", "X1-85", "qualcomm", DEVICE_SOC, NULL, {16, 32, 64}, 135, 9.2, "spec:qualcomm LPDDR5X-8448 128 bit"},
    {"Snapdragon 8cx Gen 3", "8cx Gen 3", "qualcomm", DEVICE_SOC, NULL, {8, 16, 32}, 68.2, 0, "spec:qualcomm; SMBIOS of the ThinkPad X13s says one 16 bit device"},
};
/* clang-format on */

/* ---- names as words: "RTX4060Ti" is rtx 4060 ti ---- */

enum { MAX_WORDS = 16, MAX_WORD = 15 };

struct name {
    char word[MAX_WORDS][MAX_WORD + 1];
    size_t n;
};

/* "(TM)" and "(R)" are no words. */
static const char *skip_marks(const char *s)
{
    static const char *const marks[] = {"(TM)", "(R)", "(tm)", "(r)"};
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (strncmp(s, marks[i], strlen(marks[i])) == 0)
            return s + strlen(marks[i]);
    return s;
}

static struct name split(const char *s)
{
    struct name name = {0};
    while (*s && name.n < MAX_WORDS) {
        s = skip_marks(s);
        if (!isalnum((unsigned char)*s)) {
            s += *s != '\0';
            continue;
        }
        char *word = name.word[name.n++];
        bool digits = isdigit((unsigned char)*s) != 0;
        for (size_t n = 0;
             isalnum((unsigned char)*s) && digits == (isdigit((unsigned char)*s) != 0); s++)
            if (n < MAX_WORD)
                word[n++] = (char)tolower((unsigned char)*s);
    }
    return name;
}

static bool has_word(const struct name *name, const char *word)
{
    for (size_t i = 0; i < name->n; i++)
        if (strcmp(name->word[i], word) == 0)
            return true;
    return false;
}

/* Where part stands in whole, word by word; SIZE_MAX: nowhere. */
static size_t find_run(const struct name *whole, const struct name *part)
{
    for (size_t at = 0; part->n && at + part->n <= whole->n; at++) {
        size_t same = 0;
        while (same < part->n && strcmp(whole->word[at + same], part->word[same]) == 0)
            same++;
        if (same == part->n)
            return at;
    }
    return SIZE_MAX;
}

/* A word that makes it another product: an RTX 4070 Ti is no RTX 4070, an L40S no L40. */
static bool distinguishes(const char *word, bool follows)
{
    static const char *const words[] = {"ti",  "super", "laptop", "mobile", "max", "xt",  "xtx",
                                        "gre", "nvl",   "pro",    "ultra",  "sff", "ada", "tesla"};
    if (follows && strlen(word) == 1)
        return true;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* Is part the name of whole?  Words of whole beside it must not distinguish, unless `known` has
 * them, too. */
static bool names(const struct name *part, const struct name *whole, const struct name *known)
{
    size_t at = find_run(whole, part);
    if (at == SIZE_MAX)
        return false;
    for (size_t i = 0; i < whole->n; i++) {
        bool beside = i < at || i >= at + part->n;
        if (beside && distinguishes(whole->word[i], i == at + part->n) &&
            !(known && has_word(known, whole->word[i])))
            return false;
    }
    return true;
}

static bool has_memory(const struct device *d, uint32_t gb)
{
    for (size_t i = 0; i < COUNT_OF(d->memory_gb); i++)
        if (gb && d->memory_gb[i] == gb)
            return true;
    return false;
}

const struct device *device_of_driver(const char *name)
{
    const struct device *best = NULL;
    size_t most = 0;
    struct name whole = split(name);
    for (size_t i = 0; i < COUNT_OF(devices); i++) {
        const struct device *d = &devices[i];
        struct name known = split(d->name), part = d->driver ? split(d->driver) : known;
        if (part.n > most && names(&part, &whole, &known)) {
            best = d;
            most = part.n;
        }
    }
    return best;
}

const struct device *device_called(const char *name, uint32_t memory_gb)
{
    const struct device *best = NULL;
    size_t fewest = SIZE_MAX;
    struct name part = split(name);
    for (size_t i = 0; i < COUNT_OF(devices); i++) {
        const struct device *d = &devices[i];
        struct name whole = split(d->name);
        if (!names(&part, &whole, NULL))
            continue;
        size_t others = whole.n - part.n + (has_memory(d, memory_gb) ? 0 : MAX_WORDS);
        if (others < fewest) {
            best = d;
            fewest = others;
        }
    }
    return best;
}

static const char *joined(struct arena *a, const char *name)
{
    static const char *const makers[] = {"nvidia", "geforce", "amd", "radeon", "intel", "apple"};
    struct name words = split(name);
    struct strbuf text = {0};
    for (size_t i = 0; i < words.n; i++) {
        bool maker = false;
        for (size_t k = 0; k < COUNT_OF(makers); k++)
            maker |= strcmp(words.word[i], makers[k]) == 0;
        if (!maker)
            strbuf_adds(&text, words.word[i]);
    }
    return strbuf_take(&text, a);
}

const char *device_near(struct arena *a, const char *name)
{
    const char *wanted = joined(a, name), *best = NULL;
    size_t least = strlen(wanted) / 2;
    for (size_t i = 0; i < COUNT_OF(devices); i++) {
        const struct device *d = &devices[i];
        size_t distance = str_distance(wanted, joined(a, d->driver ? d->driver : d->name));
        if (distance < least) {
            least = distance;
            best = devices[i].name;
        }
    }
    return best;
}
