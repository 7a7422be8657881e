#pragma once
#include <string_view>

namespace dvt::onnx {

class ImporterContext;

/// Adds the layers of one node. Throws ImportError (through refuse) for what it cannot import.
using Importer = void (*)(ImporterContext&);

/// The importer of an operator as it is defined in version `opset` of its domain: the line of importers.inc with the
/// largest version that is not newer. nullptr when there is none.
Importer find_importer(std::string_view domain, std::string_view op_type, int opset);
/// Whether some version of the operator has an importer.
bool has_importer(std::string_view domain, std::string_view op_type);
/// The newest version of the default domain whose operators were looked at.
inline constexpr int kNewestOpset = 28;

}  // namespace dvt::onnx
