#include "onnx/registry.h"

#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

struct Row {
  std::string_view domain, op_type;
  int since;
  Importer importer;
};

constexpr Row kRows[] = {
#define IMPORT(domain, op_type, since, function) {domain, op_type, since, &function},
#include "onnx/importers.inc"
#undef IMPORT
};

}  // namespace

Importer find_importer(std::string_view domain, std::string_view op_type, int opset) {
  const Row* best = nullptr;
  for (const Row& row : kRows)
    if (row.op_type == op_type && row.domain == domain && row.since <= opset && (!best || row.since > best->since))
      best = &row;
  return best ? best->importer : nullptr;
}

bool has_importer(std::string_view domain, std::string_view op_type) {
  for (const Row& row : kRows)
    if (row.op_type == op_type && row.domain == domain) return true;
  return false;
}

}  // namespace dvt::onnx
