#pragma once
#include "onnx/importer_context.h"

namespace dvt::onnx {

/// Computes a node whose inputs are all small constants: shape arithmetic that exporters write out. Importers need the
/// results as numbers (axes, lengths of parts), which a network cannot tell while it is described; everything else is
/// folded by the builder. \return False when the node is not of that kind; its importer is then to be called.
bool fold_constants(ImporterContext& c);

}  // namespace dvt::onnx
