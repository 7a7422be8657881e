#include "backend/tactic.h"

namespace dvt::backend {

const Tactic* Device::find(std::string_view tactic) const {
  for (const Tactic& t : tactics())
    if (t.name == tactic) return &t;
  return nullptr;
}

}  // namespace dvt::backend
