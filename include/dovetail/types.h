#pragma once

#include <cstdint>

#include <dovetail/interface.h>
#include <dovetail/namespace.h>

namespace DOVETAIL_NAMESPACE {

/// The extents of a tensor. -1 stands for an extent that is not known before run time (a wildcard).
/// nbDims of -1 stands for an unknown or invalid shape, as functions return it on failure.
class Dims64 {
 public:
  static constexpr int32_t MAX_DIMS{8};
  int32_t nbDims;       ///< Rank, 0 (a scalar) to MAX_DIMS, or -1.
  int64_t d[MAX_DIMS];  ///< Extents, outermost first; entries from nbDims on have no meaning.
};
using Dims = Dims64;

class Dims2 : public Dims {
 public:
  Dims2() noexcept : Dims2(0, 0) {}
  Dims2(int64_t d0, int64_t d1) noexcept : Dims{} {
    nbDims = 2;
    d[0] = d0;
    d[1] = d1;
  }
};

class DimsHW : public Dims2 {
 public:
  DimsHW() noexcept = default;
  DimsHW(int64_t height, int64_t width) noexcept : Dims2(height, width) {}
  int64_t& h() noexcept { return d[0]; }
  int64_t h() const noexcept { return d[0]; }
  int64_t& w() noexcept { return d[1]; }
  int64_t w() const noexcept { return d[1]; }
};

/// The first two extents, for functions from before tuples of any length.
inline DimsHW toHW(Dims const& dims) noexcept { return DimsHW(dims.d[0], dims.d[1]); }

class Dims3 : public Dims2 {
 public:
  Dims3() noexcept : Dims3(0, 0, 0) {}
  Dims3(int64_t d0, int64_t d1, int64_t d2) noexcept : Dims2(d0, d1) {
    nbDims = 3;
    d[2] = d2;
  }
};

class Dims4 : public Dims3 {
 public:
  Dims4() noexcept : Dims4(0, 0, 0, 0) {}
  Dims4(int64_t d0, int64_t d1, int64_t d2, int64_t d3) noexcept : Dims3(d0, d1, d2) {
    nbDims = 4;
    d[3] = d3;
  }
};

/// Element types. Values from 1000 on are types that the numbered sequence lacks.
enum class DataType : int32_t {
  kFLOAT = 0,  ///< IEEE binary32.
  kHALF = 1,   ///< IEEE binary16.
  kINT8 = 2,
  kINT32 = 3,
  kBOOL = 4,  ///< One byte, 0 or 1.
  kUINT8 = 5,
  kFP8 = 6,  ///< 1 sign, 4 exponent, 3 mantissa bits; no infinities.
  kBF16 = 7,
  kINT64 = 8,
  kINT4 = 9,   ///< Two elements a byte, the first in the low nibble.
  kFP4 = 10,   ///< 1 sign, 2 exponent, 1 mantissa bit; two elements a byte.
  kE8M0 = 11,  ///< A power of two: 8 exponent bits.
  kFLOAT64 = 1000,
  kINT16 = 1001,
  kUINT16 = 1002,
  kUINT32 = 1003,
  kUINT64 = 1004,
  kUINT4 = 1005,
  kFP8E5M2 = 1006,      ///< 1 sign, 5 exponent, 2 mantissa bits; with infinities.
  kFP8E4M3FNUZ = 1007,  ///< As kFP8 with a bias of 8, one zero and one NaN.
  kFP8E5M2FNUZ = 1008,  ///< As kFP8E5M2 with a bias of 16, one zero, one NaN and no infinities.
  kINT2 = 1009,         ///< Four elements a byte, the first in the low bits.
  kUINT2 = 1010,
  kTEXT = 1011,  ///< A TextView of 16 bytes.
};
DOVETAIL_ENUM_MAX(DataType, 12)

/// An element of a tensor of type kTEXT: bytes that lie elsewhere, UTF-8 by convention, not terminated.
///
/// The bytes of an input stay where the program has them until the run is done. Those of an output are the inputs', the
/// engine's or the execution context's: they may be read until the context runs again or is destroyed, as long as the
/// inputs' bytes are there.
struct TextView {
  char const* data;  ///< May be nullptr when size is 0.
  int64_t size;      ///< In bytes.
};

/// How the elements of a tensor lie in memory.
enum class TensorFormat : int32_t {
  kLINEAR = 0,  ///< Row-major, no padding.
  kCHW2 = 1,
  kHWC8 = 2,
  kCHW4 = 3,
  kCHW16 = 4,
  kCHW32 = 5,
  kDHWC8 = 6,
  kCDHW32 = 7,
  kHWC = 8,
  kDLA_LINEAR = 9,
  kDLA_HWC4 = 10,
  kHWC16 = 11,
  kDHWC = 12,
};
DOVETAIL_ENUM_MAX(TensorFormat, 13)

/// A set of TensorFormat: bit n stands for the format whose value is n.
using TensorFormats = uint32_t;

/// Where the memory of a tensor is read or written by the engine.
enum class TensorLocation : int32_t {
  kDEVICE = 0,  ///< On the engine's device; for a CPU engine that is host memory.
  kHOST = 1,
};
DOVETAIL_ENUM_MAX(TensorLocation, 2)

enum class TensorIOMode : int32_t { kNONE = 0, kINPUT = 1, kOUTPUT = 2 };
DOVETAIL_ENUM_MAX(TensorIOMode, 3)

enum class DeviceType : int32_t { kGPU = 0, kDLA = 1 };
DOVETAIL_ENUM_MAX(DeviceType, 2)

enum class EngineCapability : int32_t {
  kSTANDARD = 0,
  kSAFETY = 1,
  kDLA_STANDALONE = 2,
  kDEFAULT = kSTANDARD,
  kSAFE_GPU = kSAFETY,
  kSAFE_DLA = kDLA_STANDALONE,
};
DOVETAIL_ENUM_MAX(EngineCapability, 3)

/// Which of a profile's three shapes is meant.
enum class OptProfileSelector : int32_t { kMIN = 0, kOPT = 1, kMAX = 2 };
DOVETAIL_ENUM_MAX(OptProfileSelector, 3)

/// How much the engine keeps about its layers for profilers and inspectors.
enum class ProfilingVerbosity : int32_t {
  kLAYER_NAMES_ONLY = 0,
  kNONE = 1,
  kDETAILED = 2,
  kDEFAULT = kLAYER_NAMES_ONLY,
  kVERBOSE = kDETAILED,
};
DOVETAIL_ENUM_MAX(ProfilingVerbosity, 3)

enum class HardwareCompatibilityLevel : int32_t { kNONE = 0, kAMPERE_PLUS = 1, kSAME_COMPUTE_CAPABILITY = 2 };
DOVETAIL_ENUM_MAX(HardwareCompatibilityLevel, 3)

/// Who provides the scratch memory of an execution context, and when.
enum class ExecutionContextAllocationStrategy : int32_t {
  kSTATIC = 0,             ///< Allocated at creation, large enough for every profile.
  kON_PROFILE_CHANGE = 1,  ///< Reallocated when a profile is selected.
  kUSER_MANAGED = 2,       ///< The user calls setDeviceMemoryV2.
};
DOVETAIL_ENUM_MAX(ExecutionContextAllocationStrategy, 3)

/// Values that belong to a network: constants, kernels, biases. The memory is not owned: it must stay readable and
/// unchanged until the last build of the network has returned.
class Weights {
 public:
  DataType type;
  void const* values;  ///< Row-major; nullptr when count is 0.
  int64_t count;       ///< Number of elements (not bytes).
};

/// A reordering of dimensions: dimension i of the result is dimension order[i] of the source.
struct Permutation {
  int32_t order[Dims::MAX_DIMS];
};

/// Indices of a set of dimensions or flags: bit n stands for n.
using TacticSources = uint32_t;

/// Where kernels may come from.
enum class TacticSource : int32_t {
  kCUBLAS = 0,
  kCUBLAS_LT = 1,
  kCUDNN = 2,
  kEDGE_MASK_CONVOLUTIONS = 3,
  kJIT_CONVOLUTIONS = 4,
};
DOVETAIL_ENUM_MAX(TacticSource, 5)

enum class EngineStat : int32_t { kTOTAL_WEIGHTS_SIZE = 0, kSTRIPPED_WEIGHTS_SIZE = 1 };
DOVETAIL_ENUM_MAX(EngineStat, 2)

/// Which part of a layer a weight is.
enum class WeightsRole : int32_t { kKERNEL = 0, kBIAS = 1, kSHIFT = 2, kSCALE = 3, kCONSTANT = 4, kANY = 5 };
DOVETAIL_ENUM_MAX(WeightsRole, 6)

}  // namespace DOVETAIL_NAMESPACE
