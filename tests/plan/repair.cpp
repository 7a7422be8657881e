#include "repair.h"

#include <cstring>

#include "base/hash.h"
#include "plan/format.h"
#include "plan_generated.h"

namespace dvt::plan {

void repair_hashes(std::vector<std::byte>& plan) {
  if (plan.size() < kHeaderBytes) return;
  RawHeader h;
  std::memcpy(&h, plan.data(), sizeof h);
  h.total_bytes = plan.size();
  const uint64_t most = plan.size() - kHeaderBytes;
  if (h.structure_bytes > most) h.structure_bytes = most;
  const std::span<std::byte> structure = std::span(plan).subspan(kHeaderBytes, h.structure_bytes);
  const uint64_t data_begin = align_up(kHeaderBytes + h.structure_bytes);

  const auto* begin = reinterpret_cast<const uint8_t*>(structure.data());
  flatbuffers::Verifier verifier(begin, structure.size(), 16, 1 << 20);
  if (structure.size() >= 8 && reinterpret_cast<uintptr_t>(begin) % 8 == 0 && fbs::VerifyPlanBuffer(verifier)) {
    const auto* sections = fbs::GetPlan(begin)->sections();
    for (size_t i = 0; i < sections->size(); ++i) {
      const size_t at = static_cast<size_t>(sections->Data() - begin) + i * sizeof(fbs::SectionEntry);
      uint64_t entry[3];  // offset, size, hash; possibly not aligned
      std::memcpy(entry, structure.data() + at, sizeof entry);
      if (data_begin > plan.size() || entry[0] > plan.size() - data_begin) continue;
      if (entry[1] > plan.size() - data_begin - entry[0]) continue;
      entry[2] = hash64(std::span<const std::byte>(plan).subspan(data_begin + entry[0], entry[1]));
      std::memcpy(structure.data() + at, entry, sizeof entry);
    }
  }
  h.structure_hash = hash64(std::span<const std::byte>(structure));
  h.header_hash = hash_header(h);
  std::memcpy(plan.data(), &h, sizeof h);
}

}  // namespace dvt::plan
