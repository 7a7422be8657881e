#include "backend/tactic.h"

#include "base/thread_pool.h"

namespace dvt::backend {

const Tactic* Device::find(std::string_view tactic) const {
  for (const Tactic& t : tactics())
    if (t.name == tactic) return &t;
  return nullptr;
}

std::vector<PackedWeight> pack_constants(const Tactic& tactic, const Problem& p, const Target& t,
                                         std::span<const std::span<const std::byte>> data) {
  std::vector<PackedWeight> out;
  if (!tactic.pack) return out;
  const auto pool = shared_pool(t.threads);
  for (int i = 0; i < static_cast<int>(p.inputs.size()); ++i) {
    const size_t size = p.inputs[static_cast<size_t>(i)].constant ? tactic.packed_bytes(p, t, i) : 0;
    if (size == 0) continue;
    std::byte* packed = nullptr;
    out.push_back({i, Blob::allocate(size, &packed)});
    tactic.pack(p, t, {i, data[static_cast<size_t>(i)], {packed, size}, *pool});
  }
  return out;
}

}  // namespace dvt::backend
