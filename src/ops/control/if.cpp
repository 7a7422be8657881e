#include "ops/control/if.h"

#include "ops/control/regions.h"

namespace dvt::ops {

std::vector<TensorType> infer(const If&, std::span<const ValueInfo>) { needs_regions("if_else"); }

void reference(const If&, std::span<const ReadView>, std::span<const WriteView>) { needs_regions("if_else"); }

Cost cost(const If&, std::span<const TensorType>, std::span<const TensorType>, const SymbolValues&) { return {}; }

void visit_fields(If& op, FieldVisitor& v) { v.field("scope", op.scope); }

}  // namespace dvt::ops
