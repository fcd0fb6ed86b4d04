/* ---- machine/isa.h: instruction sets by the names that matter to llama.cpp.
 *
 * The names are those of its CPU variants and system_info (ggml/CMakeLists.txt, ggml-cpu.cpp:
 * ggml_backend_cpu_get_features), in lower case. */
#ifndef MACHINE_ISA_H
#define MACHINE_ISA_H

#include "base/str.h"
#include "base/vec.h"

struct isa_list {
    VEC(const char *) list;
};

/* The words of a "flags", "Features" or "features" line of /proc/cpuinfo. */
struct isa_list isa_from_words(struct arena *a, struct str words);
/* A RISC-V "isa" line: "rv64imafdcv_zba_zvfh". */
struct isa_list isa_from_riscv(struct arena *a, struct str isa);
/* A POWER "cpu" line: "POWER9, altivec supported". */
struct isa_list isa_from_power(struct arena *a, struct str cpu);

#endif
