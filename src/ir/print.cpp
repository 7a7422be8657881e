#include <algorithm>
#include <cstring>

#include "base/hash.h"
#include "ir/text.h"

namespace dvt::ir {
namespace {

constexpr int64_t kMaxPrintedElements = 16;

std::string element(const ops::ReadView& v, int64_t i) {
  return is_floating(v.dtype()) ? concat(v.get(i)) : concat(v.get_int(i));
}

bool is_splat(const Value& v) {
  const size_t width = static_cast<size_t>(bits(v.dtype())) / 8;
  if (width == 0 || v.view().volume() < 2) return false;
  const auto bytes = v.data().bytes().first(byte_size(v.dtype(), v.view().volume()));
  return std::memcmp(bytes.data(), bytes.data() + width, bytes.size() - width) == 0;
}

std::string constant_text(const Value& v) {
  const ops::ReadView view = v.view();
  if (is_splat(v)) return "splat " + element(view, 0);
  if (view.volume() > kMaxPrintedElements) return concat("hash ", hash128(v.data().bytes()));
  std::string text = "[";
  for (int64_t i = 0; i < view.volume(); ++i) text += (i ? "," : "") + element(view, i);
  return text + "]";
}

std::string layout_suffix(const Value& v) { return v.layout() == Layout::channels_last ? ":cl" : ""; }

std::string node_line(const Node& n, const PrintOptions& options) {
  std::string text;
  for (size_t i = 0; i < n.outputs().size(); ++i) {
    const Value& v = *n.outputs()[i];
    text += concat(i ? ", %" : "%", v.name(), layout_suffix(v));
    if (options.types) text += concat(" : ", v.type());
  }
  text += concat(" = ", to_string(n.op()), "(");
  for (int i = 0; i < n.num_inputs(); ++i) {
    const char* separator = i == 0 ? "%" : i == n.num_op_inputs() ? "; %" : ", %";
    text += concat(separator, n.input(i)->name());
  }
  text += ")";
  if (!n.late().empty() && !n.has_regions()) {
    Shape symbols;
    for (const std::string& s : n.late()) symbols.push_back(Dim::symbol(s));
    text += concat(" late ", symbols);
  }
  if (n.has_epilogue()) text += concat(" | ", to_string(n.epilogue()));
  if (n.has_regions()) text += " {";
  if (options.origins && !n.origin().empty()) {
    text += "  # from:";
    for (const std::string& o : n.origin()) text += " " + o;
  }
  return text;
}

std::string definition(const Value& v, const PrintOptions& options) {
  if (v.is_constant()) return concat("const  %", v.name(), " : ", v.type(), " = ", constant_text(v));
  if (v.is_symbolic()) {
    std::string text = concat("dims   %", v.name(), " : ", v.type(), " = [");
    for (size_t i = 0; i < v.known()->size(); ++i) text += (i ? "," : "") + to_string((*v.known())[i]);
    return text + "]";
  }
  if (!v.producer())
    return concat("input  %", v.name(), layout_suffix(v), " : ", v.type(), v.is_shape_input() ? " shape" : "");
  return node_line(*v.producer(), options);
}

}  // namespace

namespace {

void print(const Graph& g, const PrintOptions& options, const std::string& indent, std::string& text) {
  const auto add = [&](const std::string& line) { text += indent + line + "\n"; };
  for (const Value* v : g.inputs()) add(definition(*v, options));
  for (const auto& v : g.values())
    if (v->is_constant() || v->is_symbolic()) add(definition(*v, options));
  for (const auto& n : g.nodes()) {
    add(node_line(*n, options));
    for (const auto& region : n->regions()) {
      add("region");
      print(*region, options, indent + "  ", text);
    }
    if (n->has_regions()) add("}");
  }
  for (const Output& o : g.outputs())
    add(concat("output %", o.value->name(), o.name == o.value->name() ? "" : " as " + o.name));
}

}  // namespace

std::string print(const Graph& g, const PrintOptions& options) {
  std::string text;
  print(g, options, "", text);
  return text;
}

std::string line(const Graph& g, std::string_view value) {
  if (value.starts_with('%')) value.remove_prefix(1);
  const Value* v = g.find_value(value);
  return v ? definition(*v, {}) : "";
}

}  // namespace dvt::ir
