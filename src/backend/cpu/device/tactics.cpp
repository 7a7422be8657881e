// The list of every CPU tactic. Order is priority inside an operator's family; the reference, which takes any problem,
// is last. Each family's tactics.inc holds lines TACTIC(name, symbol): `backend::Tactic symbol();` fills in the rest.
#include "backend/cpu/device/tactics.h"

#include <vector>

namespace dvt::cpu {

#define TACTIC(name, symbol) backend::Tactic symbol();
#include "backend/cpu/device/tactics.inc"
#undef TACTIC

namespace {

backend::Tactic named(std::string_view name, backend::Tactic tactic) {
  tactic.name = name;
  return tactic;
}

}  // namespace

std::span<const backend::Tactic> tactics() {
  static const std::vector<backend::Tactic> list = {
#define TACTIC(name, symbol) named(#name, symbol()),
#include "backend/cpu/device/tactics.inc"
#undef TACTIC
  };
  return list;
}

}  // namespace dvt::cpu
