#include "plan/format.h"

#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/hash.h"

namespace dvt::plan {

// The header and the structure are read in place; a big-endian port would have to swap them.
static_assert(std::endian::native == std::endian::little);

uint64_t hash_header(const RawHeader& header) {
  return hash64(std::as_bytes(std::span(&header, 1)).first(offsetof(RawHeader, header_hash)));
}

namespace {

/// "it starts with the text 'ir_version'": helps whoever passed the wrong file.
std::string first_bytes(std::span<const std::byte> bytes) {
  std::string text;
  for (std::byte b : bytes.first(std::min<size_t>(bytes.size(), 16))) {
    const char c = static_cast<char>(b);
    if (c < ' ' || c > '~') break;
    text += c;
  }
  return text.size() >= 4 ? concat("; it starts with the text '", text, "'") : std::string();
}

uint32_t u32_at(std::span<const std::byte> bytes, size_t offset) {
  uint32_t v = 0;
  std::memcpy(&v, bytes.data() + offset, sizeof v);
  return v;
}

}  // namespace

RawHeader read_header(std::span<const std::byte> bytes) {
  constexpr auto kBad = ErrorCode::kInvalidPlan;
  if (bytes.empty()) throw Error(kBad, "plan: it is empty (0 bytes)");
  if (bytes.size() < sizeof(uint32_t) || u32_at(bytes, 0) != kMagic) {
    if (bytes.size() >= sizeof(uint32_t) && u32_at(bytes, 0) == __builtin_bswap32(kMagic))
      throw Error(kBad, "plan: it was written on a machine of the other byte order");
    throw Error(kBad, "plan: this is not a plan (the first four bytes are not 'ftrt')", first_bytes(bytes),
                "; build one with the builder or `dovetail build`");
  }
  if (bytes.size() >= 12 && u32_at(bytes, 8) != kOwnMark)
    throw Error(kBad, "plan: it was not written by Dovetail; rebuild it from its model with this library");
  if (bytes.size() < kHeaderBytes)
    throw Error(kBad, "plan: truncated: ", bytes.size(), " bytes are less than the header's ", kHeaderBytes);

  RawHeader h;
  std::memcpy(&h, bytes.data(), sizeof h);
  if (h.byte_order != kByteOrderMark && __builtin_bswap32(h.byte_order) == kByteOrderMark)
    throw Error(kBad, "plan: it was written on a machine of the other byte order");
  if (h.header_hash != hash_header(h)) {
    // Only a header that hashes right under another version may be said to be of another version.
    throw Error(kBad, "plan: the header was altered (its hash does not match)");
  }
  if (h.format > kFormatVersion)
    throw Error(kBad, "plan: format ", h.format, " is newer than this library reads (", kFormatVersion,
                "); update the library, or rebuild the plan with it");
  if (h.format < kFormatVersion)
    throw Error(kBad, "plan: format ", h.format, " is older than this library reads (", kFormatVersion,
                "); rebuild the plan from its model");
  if (h.serialization != 0 || h.byte_order != kByteOrderMark || h.structure_offset != kHeaderBytes)
    throw Error(kBad, "plan: the header holds fields that this format does not have");
  if (h.total_bytes < kHeaderBytes || h.structure_bytes > h.total_bytes - kHeaderBytes)
    throw Error(kBad, "plan: the header gives the structure ", h.structure_bytes, " bytes of a plan of ",
                h.total_bytes);
  return h;
}

Header peek_header(std::span<const std::byte> bytes) {
  const RawHeader h = read_header(bytes);
  return {.format = h.format,
          .major = h.version[0],
          .minor = h.version[1],
          .patch = h.version[2],
          .build = h.version[3],
          .total_bytes = h.total_bytes};
}

}  // namespace dvt::plan
