#include "plan/reader.h"

#include <algorithm>
#include <unordered_map>

#include "base/dim_texts.h"
#include "base/error.h"
#include "base/hash.h"
#include "plan/decode.h"
#include "plan/format.h"
#include "plan/validate.h"

namespace dvt::plan {
namespace {

constexpr auto kBad = ErrorCode::kInvalidPlan;

void check_zeros(std::span<const std::byte> bytes, uint64_t offset) {
  if (std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{0}; }))
    throw Error(kBad, "plan: the padding at byte ", offset, " was altered");
}

/// Places sections over the data that follows the structure: in order, aligned, without holes; a repeated section is
/// exactly an earlier one. So every byte of the file is under one hash or known to be zero.
void place_sections(Document& doc, const std::vector<SectionRange>& ranges, const Blob& plan, uint64_t data_begin) {
  const std::span<const std::byte> data = plan.bytes().subspan(data_begin);
  std::unordered_map<uint64_t, size_t> at_offset;  // of sections that have bytes
  uint64_t end = 0;
  for (size_t i = 0; i < ranges.size(); ++i) {
    const SectionRange& r = ranges[i];
    const auto earlier = at_offset.find(r.offset);
    if (earlier != at_offset.end() && ranges[earlier->second].size == r.size &&
        ranges[earlier->second].hash == r.hash) {
      doc.sections.push_back(doc.sections[earlier->second]);
      continue;
    }
    if (r.offset != align_up(end) && r.size)
      throw Error(kBad, "plan: section ", i, " starts at ", r.offset, " of the weights, where ", align_up(end),
                  " is expected");
    if (r.size > data.size() || r.offset > data.size() - r.size)
      throw Error(kBad, "plan: section ", i, " ends at ", r.offset, " + ", r.size, " of the weights, which have ",
                  data.size(), " bytes");
    if (r.size) check_zeros(data.subspan(end, r.offset - end), data_begin + end);
    const std::span<const std::byte> bytes = data.subspan(r.offset, r.size);
    if (hash64(bytes) != r.hash)
      throw Error(kBad, "plan: section ", i, " (", r.size, " bytes at ", data_begin + r.offset,
                  ") was altered: its hash does not match");
    doc.sections.push_back({bytes, plan.owner()});
    if (r.size) {
      at_offset.emplace(r.offset, i);
      end = r.offset + r.size;
    }
  }
  if (end != data.size())
    throw Error(kBad, "plan: ", data.size() - end, " bytes after the last section belong to nothing");
}

}  // namespace

Document read_plan(const Blob& plan) {
  DimTexts texts;
  return read_plan(plan, texts);
}

Document read_plan(const Blob& given, DimTexts& texts) {
  const bool aligned = reinterpret_cast<uintptr_t>(given.data()) % kAlignment == 0;
  const Blob plan = aligned ? given : Blob::copy(given.bytes());
  const RawHeader h = read_header(plan.bytes());
  if (plan.size() < h.total_bytes)
    throw Error(kBad, "plan: truncated at ", plan.size(), " of ", h.total_bytes, " bytes");
  if (plan.size() > h.total_bytes)
    throw Error(kBad, "plan: ", plan.size() - h.total_bytes, " bytes follow the plan's ", h.total_bytes);

  const std::span<const std::byte> structure = plan.bytes().subspan(kHeaderBytes, h.structure_bytes);
  if (hash64(structure) != h.structure_hash)
    throw Error(kBad, "plan: the structure (", structure.size(), " bytes at ", kHeaderBytes,
                ") was altered: its hash does not match");
  const uint64_t data_begin = align_up(kHeaderBytes + h.structure_bytes);
  if (data_begin > plan.size()) throw Error(kBad, "plan: truncated after the structure");
  check_zeros(plan.bytes().subspan(kHeaderBytes + h.structure_bytes, data_begin - kHeaderBytes - h.structure_bytes),
              kHeaderBytes + h.structure_bytes);

  Structure decoded = decode_structure(structure);
  place_sections(decoded.document, decoded.sections, plan, data_begin);
  validate(decoded.document, texts);
  return std::move(decoded.document);
}

}  // namespace dvt::plan
