#include "backend/null/null.h"

#include <algorithm>
#include <memory>

namespace dvt::null {
namespace {

using namespace backend;

class NullKernel final : public Kernel {
 public:
  explicit NullKernel(int num_late) : num_late_(num_late) {}
  void run(const LaunchArgs& args) const noexcept override { std::fill_n(args.late, num_late_, 0); }

 private:
  int num_late_;
};

Support supports(const Problem&, const Target&) { return Support::yes(); }
std::unique_ptr<Kernel> create(const Problem& p, const Target&) { return std::make_unique<NullKernel>(num_late(p)); }

constexpr Tactic kTactics[] = {{.name = "null.any", .supports = &supports, .create = &create, .slices = true}};

std::span<const Tactic> tactics() { return kTactics; }

Target host_target(int threads) {
  Target t;
  t.kind = DeviceKind::null;
  t.threads = threads > 0 ? threads : 1;
  t.can_jit = false;
  t.name = "null";
  return t;
}

}  // namespace

const Device& device() {
  static const Device null{DeviceKind::null, "null", &tactics, &host_target};
  return null;
}

}  // namespace dvt::null
