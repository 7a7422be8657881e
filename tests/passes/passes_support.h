#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "ir/text.h"
#include "passes/pass.h"

namespace dvt::passes {

/// The graph after one pass, checked to be idempotent.
inline std::unique_ptr<ir::Graph> after(const Pass& pass, std::string_view text) {
  auto g = ir::parse(text);
  run(*g, pass);
  const std::string once = ir::print(*g);
  run(*g, pass);
  if (ir::print(*g) != once)
    throw Error(ErrorCode::kInternal, pass.name, " is not idempotent:\n", once, "\n", ir::print(*g));
  return g;
}

inline bool unchanged_by(const Pass& pass, std::string_view text) {
  return ir::print(*after(pass, text)) == ir::print(*ir::parse(text));
}

}  // namespace dvt::passes
