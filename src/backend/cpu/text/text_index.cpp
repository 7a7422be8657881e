// Positions of texts among keys, whose hash table is made once.
#include "ops/text/text_index.h"

#include <unordered_map>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/support.h"
#include "base/text.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::TextIndex>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_plain_layouts(p)) return *no;
  return Support::yes();
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  const std::vector<std::string>& keys = op_of<ops::TextIndex>(p)->keys;
  std::unordered_map<std::string_view, int64_t> places;
  for (size_t k = 0; k < keys.size(); ++k) places[keys[k]] = static_cast<int64_t>(k);
  // The operator goes along: the table's keys are its texts.
  return make_kernel(
      [op = p.op, places = std::move(places), none = static_cast<int64_t>(keys.size())](const LaunchArgs& args) {
        const TensorRef& x = args.inputs[0];
        const auto* texts = static_cast<const TextView*>(x.data);
        auto* y = static_cast<int64_t*>(args.outputs[0].data);
        for (int64_t i = 0, n = volume(x); i < n; ++i) {
          const auto found = places.find(texts[i].view());
          y[i] = found == places.end() ? none : found->second;
        }
      });
}

}  // namespace

Tactic text_index_hashed() { return {.supports = supports, .create = create, .text = true}; }

}  // namespace dvt::cpu
