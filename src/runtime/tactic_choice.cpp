#include "runtime/tactic_choice.h"

#include <algorithm>

#include "base/error.h"

namespace dvt::runtime {

using backend::Device;
using backend::Problem;
using backend::Support;
using backend::Tactic;

TargetChoice choose_target(const plan::Document& document, const Device& device, const EngineOptions& options) {
  TargetChoice out;
  out.target = device.host_target(options.threads);
  if (options.threads == 0 && static_cast<int>(document.threads) < out.target.threads)
    out.target = device.host_target(static_cast<int>(document.threads));

  const std::string here = isa_string(out.target);
  const std::string kind = here.substr(0, here.find(':')),
                    wanted = document.target_isa.substr(0, document.target_isa.find(':'));
  if (kind != wanted)
    throw Error(ErrorCode::kInvalidPlan, "plan: it was built for device '", wanted, "' and cannot be loaded on '", kind,
                "'; rebuild it for this device");
  uint32_t plan_isa = 0;
  try {
    plan_isa = backend::parse_isa(document.target_isa);
  } catch (const Error& e) {
    throw Error(ErrorCode::kInvalidPlan, "plan: target '", document.target_isa, "': ", e.what());
  }
  out.has_plan_isa = (plan_isa & ~out.target.isa) == 0;
  // What was packed, tuned and verified for fewer abilities stays what it is on a machine that has more.
  if (out.has_plan_isa) out.target.isa = plan_isa;
  return out;
}

TacticChoice choose_tactic(const plan::Step& step, const Problem& problem, const Device& device,
                           const TargetChoice& here, bool strict) {
  const bool packed = std::any_of(step.packed.begin(), step.packed.end(), [](uint8_t p) { return p != 0; });
  const Tactic* own = device.find(step.tactic);
  std::string reason;
  if (!own) {
    reason = concat("this library has no tactic '", step.tactic, "'");
  } else if (static_cast<uint32_t>(own->version) != step.tactic_version) {
    reason =
        concat("tactic '", step.tactic, "' has version ", own->version, " here, the plan has ", step.tactic_version);
  } else if (packed && !here.has_plan_isa) {
    reason = concat("its weights are packed for a machine with more abilities than '", isa_string(here.target), "'");
  } else if (const Support support = own->supports(problem, here.target); !support) {
    reason = concat("tactic '", step.tactic, "' is not supported here: ", support.reason());
  } else {
    return {own, {}};
  }
  if (packed)
    throw Error(ErrorCode::kUnsupported, "plan: step '", step.name, "': ", reason,
                ", and its weights are packed for that tactic; rebuild the plan for this machine");
  if (strict)
    throw Error(ErrorCode::kUnsupported, "plan: step '", step.name, "': ", reason,
                "; rebuild the plan for this machine, or load it without the strict option");
  for (const Tactic& t : device.tactics())
    if (t.supports(problem, here.target)) return {&t, reason};
  throw Error(ErrorCode::kUnsupported, "plan: step '", step.name, "': ", reason, ", and device '", device.name,
              "' has no other for ", step.problem);
}

}  // namespace dvt::runtime
