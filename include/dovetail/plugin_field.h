#pragma once

#include <cstdint>

#include <dovetail/interface.h>

namespace DOVETAIL_NAMESPACE {

enum class PluginFieldType : int32_t {
  kFLOAT16 = 0,
  kFLOAT32 = 1,
  kFLOAT64 = 2,
  kINT8 = 3,
  kINT16 = 4,
  kINT32 = 5,
  kCHAR = 6,  ///< Text. Several texts follow each other with a zero byte between.
  kDIMS = 7,  ///< An array of Dims.
  kUNKNOWN = 8,
  kBF16 = 9,
  kINT64 = 10,
  kFP8 = 11,
  kINT4 = 12,
  kFP4 = 13,
  kTEXT = 1000,  ///< An array of TextView.
};
DOVETAIL_ENUM_MAX(PluginFieldType, 14)

/// A named attribute: an array of length elements of a type. Owns nothing.
class PluginField {
 public:
  AsciiChar const* name;
  void const* data;
  PluginFieldType type;
  int32_t length;

  PluginField(AsciiChar const* const name_ = nullptr, void const* const data_ = nullptr,
              PluginFieldType const type_ = PluginFieldType::kUNKNOWN, int32_t const length_ = 0) noexcept
      : name{name_}, data{data_}, type{type_}, length{length_} {}
};

/// An array of attributes. Owns nothing.
struct PluginFieldCollection {
  int32_t nbFields{};
  PluginField const* fields{};
};

}  // namespace DOVETAIL_NAMESPACE
