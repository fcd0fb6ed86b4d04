/* Kernel words to llama.cpp's names, in the order they are listed. */
#include "machine/isa.h"

static const struct {
    const char *word, *name;
} words_table[] = {
    /* x86 */
    {"pni", "sse3"},
    {"ssse3", "ssse3"},
    {"sse4_2", "sse42"},
    {"avx", "avx"},
    {"avx_vnni", "avx_vnni"},
    {"avx2", "avx2"},
    {"f16c", "f16c"},
    {"fma", "fma"},
    {"bmi2", "bmi2"},
    {"avx512f", "avx512f"},
    {"avx512cd", "avx512cd"},
    {"avx512dq", "avx512dq"},
    {"avx512bw", "avx512bw"},
    {"avx512vl", "avx512vl"},
    {"avx512vbmi", "avx512_vbmi"},
    {"avx512_vnni", "avx512_vnni"},
    {"avx512_bf16", "avx512_bf16"},
    {"avx512_fp16", "avx512_fp16"},
    {"amx_tile", "amx_tile"},
    {"amx_int8", "amx_int8"},
    {"amx_bf16", "amx_bf16"},
    /* ARM: asimd in 64 bit, neon in 32 */
    {"asimd", "neon"},
    {"neon", "neon"},
    {"asimdhp", "fp16"},
    {"asimddp", "dotprod"},
    {"i8mm", "i8mm"},
    {"bf16", "bf16"},
    {"sve", "sve"},
    {"sve2", "sve2"},
    {"sme", "sme"},
    {"sme2", "sme2"},
    /* s390x, LoongArch */
    {"vx", "vx"},
    {"vxe", "vxe"},
    {"vxe2", "vxe2"},
    {"nnpa", "nnpa"},
    {"lsx", "lsx"},
    {"lasx", "lasx"},
};

struct isa_list isa_from_words(struct arena *a, struct str words)
{
    bool has[COUNT_OF(words_table)] = {0};
    struct str word;
    while (str_cut(&words, ' ', &word))
        for (size_t i = 0; i < COUNT_OF(words_table); i++)
            has[i] |= str_eq(word, words_table[i].word);
    struct isa_list isa = {0};
    for (size_t i = 0; i < COUNT_OF(words_table); i++)
        if (has[i])
            *VEC_PUSH(a, &isa.list) = words_table[i].name;
    return isa;
}

struct isa_list isa_from_riscv(struct arena *a, struct str isa)
{
    static const char *const extensions[] = {"zvfh", "zfh", "zicbop"}; /* GGML_RV_* options */
    struct isa_list found = {0};
    struct str letters, word;
    if (!str_starts(isa, "rv64") && !str_starts(isa, "rv32"))
        return found;
    str_cut(&isa, '_', &letters);
    if (memchr(letters.p + 4, 'v', letters.n - 4)) /* after rv64, a letter is an extension */
        *VEC_PUSH(a, &found.list) = "rvv";
    while (str_cut(&isa, '_', &word))
        for (size_t i = 0; i < COUNT_OF(extensions); i++)
            if (str_eq(word, extensions[i]))
                *VEC_PUSH(a, &found.list) = extensions[i];
    return found;
}

struct isa_list isa_from_power(struct arena *a, struct str cpu)
{
    enum { FIRST_WITH_VSX = 7 };
    struct isa_list found = {0};
    if (!str_starts(cpu, "POWER"))
        return found;
    unsigned generation = 0;
    for (size_t i = 5; i < cpu.n && cpu.p[i] >= '0' && cpu.p[i] <= '9' && generation < 100; i++)
        generation = generation * 10 + (unsigned)(cpu.p[i] - '0');
    if (generation >= FIRST_WITH_VSX)
        *VEC_PUSH(a, &found.list) = "vsx";
    return found;
}
