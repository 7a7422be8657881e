#pragma once

#include <cstdint>

#include <dovetail/namespace.h>

namespace DOVETAIL_NAMESPACE {

using char_t = char;
using AsciiChar = char_t;

/// Base of every interface: an object has one identity and is neither copied nor moved.
class INoCopy {
 protected:
  INoCopy() = default;
  virtual ~INoCopy() = default;
  INoCopy(INoCopy const&) = delete;
  INoCopy(INoCopy&&) = delete;
  INoCopy& operator=(INoCopy const&) = delete;
  INoCopy& operator=(INoCopy&&) = delete;
};

/// The language that an interface was implemented in.
enum class APILanguage : int32_t { kCPP = 0, kPYTHON = 1 };

/// Which interface an object implements, and which revision of it.
class InterfaceInfo {
 public:
  AsciiChar const* kind;
  int32_t major;
  int32_t minor;
};

/// Base of the interfaces that users implement and that may gain revisions.
class IVersionedInterface {
 public:
  virtual APILanguage getAPILanguage() const noexcept { return APILanguage::kCPP; }
  virtual InterfaceInfo getInterfaceInfo() const noexcept = 0;
  virtual ~IVersionedInterface() noexcept = default;

 protected:
  IVersionedInterface() = default;
  IVersionedInterface(IVersionedInterface const&) = default;
  IVersionedInterface(IVersionedInterface&&) = default;
  IVersionedInterface& operator=(IVersionedInterface const&) & = default;
  IVersionedInterface& operator=(IVersionedInterface&&) & = default;
};

/// One more than the largest enumerator that is part of the numbered sequence of an enumeration. Values of our own,
/// which start at 1000, are not counted.
template <typename Enum>
constexpr int32_t EnumMax() noexcept;

}  // namespace DOVETAIL_NAMESPACE

/// Defines EnumMax for one enumeration, inside DOVETAIL_NAMESPACE.
#define DOVETAIL_ENUM_MAX(Enum, count)         \
  template <>                                  \
  constexpr int32_t EnumMax<Enum>() noexcept { \
    return count;                              \
  }
