#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "plan/reader.h"

// Where things stand in a plan. Numbers are little-endian.
//
//   0  u32 "ftrt"                  the prefix that tools of this ecosystem read …
//   4  u32 0                       … with its serialization version
//   8  u32 "dvtl"                  this library's own mark
//  12  u32 format version
//  16  u64 size of the whole plan
//  24  u8  major, minor, patch, build of the library that wrote it
//  28  u32 0x01020304              reads otherwise on a machine of the other byte order
//  32  u64 offset of the structure (64)
//  40  u64 size of the structure
//  48  u64 XXH3 of the structure
//  56  u64 XXH3 of bytes 0 to 55
//  64      the structure (plan.fbs), zeros to the next 64-byte boundary
//          the sections, each at a 64-byte boundary with zeros between

namespace dvt::plan {

inline constexpr uint32_t kMagic = 0x74727466;
inline constexpr uint32_t kOwnMark = 0x6c747664;
inline constexpr uint32_t kFormatVersion = 2;
inline constexpr uint32_t kByteOrderMark = 0x01020304;
inline constexpr size_t kHeaderBytes = 64;
inline constexpr uint64_t kAlignment = 64;

/// The header's fields as they are stored.
struct RawHeader {
  uint32_t magic = kMagic;
  uint32_t serialization = 0;
  uint32_t own_mark = kOwnMark;
  uint32_t format = kFormatVersion;
  uint64_t total_bytes = 0;
  std::array<uint8_t, 4> version{};
  uint32_t byte_order = kByteOrderMark;
  uint64_t structure_offset = kHeaderBytes;
  uint64_t structure_bytes = 0;
  uint64_t structure_hash = 0;
  uint64_t header_hash = 0;
};
static_assert(sizeof(RawHeader) == kHeaderBytes);

inline uint64_t align_up(uint64_t n) { return (n + kAlignment - 1) / kAlignment * kAlignment; }
/// What header_hash must be.
uint64_t hash_header(const RawHeader& header);
/// The header, checked in itself. Throws Error(kInvalidPlan).
RawHeader read_header(std::span<const std::byte> bytes);

}  // namespace dvt::plan
