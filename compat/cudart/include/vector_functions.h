#pragma once
/// \file
/// Makers of short vectors.

#include "vector_types.h"

#define DOVETAIL_MAKERS(type, name)                                             \
  static inline struct name##1 make_##name##1(type x) {                         \
    struct name##1 v = {x};                                                     \
    return v;                                                                   \
  }                                                                             \
  static inline struct name##2 make_##name##2(type x, type y) {                 \
    struct name##2 v = {x, y};                                                  \
    return v;                                                                   \
  }                                                                             \
  static inline struct name##3 make_##name##3(type x, type y, type z) {         \
    struct name##3 v = {x, y, z};                                               \
    return v;                                                                   \
  }                                                                             \
  static inline struct name##4 make_##name##4(type x, type y, type z, type w) { \
    struct name##4 v = {x, y, z, w};                                            \
    return v;                                                                   \
  }

DOVETAIL_MAKERS(signed char, char)
DOVETAIL_MAKERS(unsigned char, uchar)
DOVETAIL_MAKERS(short, short)
DOVETAIL_MAKERS(unsigned short, ushort)
DOVETAIL_MAKERS(int, int)
DOVETAIL_MAKERS(unsigned int, uint)
DOVETAIL_MAKERS(long, long)
DOVETAIL_MAKERS(unsigned long, ulong)
DOVETAIL_MAKERS(long long, longlong)
DOVETAIL_MAKERS(unsigned long long, ulonglong)
DOVETAIL_MAKERS(float, float)
DOVETAIL_MAKERS(double, double)
#undef DOVETAIL_MAKERS
