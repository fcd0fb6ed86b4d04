/* ---- base/attr.h: the only compiler attributes in the tree, behind names. ---- */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#if defined(__GNUC__)
#define ATTR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ATTR_NODISCARD __attribute__((warn_unused_result))
#define ATTR_NORETURN __attribute__((noreturn))
#define ATTR_MALLOC __attribute__((malloc))
#else
#define ATTR_PRINTF(fmt, args)
#define ATTR_NODISCARD
#define ATTR_NORETURN
#define ATTR_MALLOC
#endif

/* Number of elements of a real array (not of a pointer). */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
