// Any text, read as a graph: refused with an error, or printed and read back to the same text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "ir/text.h"
#include "ir/verify.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::unique_ptr<dvt::ir::Graph> graph;
  try {
    graph = dvt::ir::parse(text);
    dvt::ir::verify(*graph);  // a late symbol that no node gives, for one
  } catch (const dvt::Error&) {
    return 0;
  }
  const std::string printed = dvt::ir::print(*graph);
  if (printed.find("= hash ") != std::string::npos) return 0;  // a large constant is not written out
  if (dvt::ir::print(*dvt::ir::parse(printed)) != printed) std::abort();
  return 0;
}
