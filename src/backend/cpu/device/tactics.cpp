// The list of every CPU tactic. Order is priority inside an operator's family; the reference, which takes any problem,
// is last. Each family's tactics.inc holds lines TACTIC(name, symbol): `backend::Tactic symbol();` fills in the rest.
#include "backend/cpu/device/tactics.h"

#include <vector>

#include "base/concat.h"

namespace dvt::cpu {

#define TACTIC(name, symbol) backend::Tactic symbol();
#include "backend/cpu/device/tactics.inc"
#undef TACTIC

namespace {

// Tactics that know nothing of slices or of text never see any.
template <backend::Tactic (*kMake)()>
backend::Tactic named(std::string_view name) {
  backend::Tactic tactic = kMake();
  tactic.name = name;
  if (!tactic.slices || !tactic.text)
    tactic.supports = [](const backend::Problem& p, const backend::Target& t) {
      static const backend::Tactic made = kMake();
      if (const backend::Operand* text = made.text ? nullptr : find_text(p))
        return backend::Support::no(concat(to_string(*text), " is text"));
      const backend::Support own = made.supports(p, t);
      const backend::Operand* slice = own && !made.slices ? find_slice(p) : nullptr;
      return slice ? backend::Support::no(concat(to_string(*slice), " is a slice")) : own;
    };
  return tactic;
}

}  // namespace

std::span<const backend::Tactic> tactics() {
  static const std::vector<backend::Tactic> list = {
#define TACTIC(name, symbol) named<&symbol>(#name),
#include "backend/cpu/device/tactics.inc"
#undef TACTIC
  };
  return list;
}

}  // namespace dvt::cpu
