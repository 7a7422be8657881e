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
    for (const fbs::SectionEntry* s : *fbs::GetPlan(begin)->sections()) {
      if (data_begin > plan.size() || s->offset() > plan.size() - data_begin) continue;
      if (s->size() > plan.size() - data_begin - s->offset()) continue;
      const uint64_t hash = hash64(std::span<const std::byte>(plan).subspan(data_begin + s->offset(), s->size()));
      const auto at = reinterpret_cast<const std::byte*>(s) - structure.data();
      std::memcpy(structure.data() + at + 2 * sizeof(uint64_t), &hash, sizeof hash);  // the third field
    }
  }
  h.structure_hash = hash64(std::span<const std::byte>(structure));
  h.header_hash = hash_header(h);
  std::memcpy(plan.data(), &h, sizeof h);
}

}  // namespace dvt::plan
